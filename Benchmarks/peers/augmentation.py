"""Random crop, flip and erasing of whole batches at once, on pictures that lie in memory."""

import math

import torch
from torch.nn import functional


class Augmentation:
    """A recipe's augmentation of normalised `pictures` [N, C, H, W]."""

    def __init__(self, recipe, pictures):
        self.recipe = recipe
        self.size = pictures.shape[-1]
        self.windows = None
        if recipe["crop"] == "padded":
            # Black as it is after normalisation: the smallest value there is.
            border = pictures.min().item()
            padded = functional.pad(pictures, (recipe["padding"],) * 4, value=border)
            # A view [N, C, dy, dx, H, W] of every window, from which a batch is one gather.
            self.windows = padded.unfold(2, self.size, 1).unfold(3, self.size, 1)
        self.pictures = pictures

    def __call__(self, indices):
        count = len(indices)
        if self.windows is not None:
            dy, dx = torch.randint(2 * self.recipe["padding"] + 1, (2, count))
            batch = self.windows[indices, :, dy, dx]
        else:
            batch = self.pictures[indices]
        if self.recipe["crop"] == "randomResized":
            batch = self.resized_crops(batch)
        if self.recipe["flip"] > 0:
            flips = (torch.rand(count) < self.recipe["flip"])[:, None, None, None]
            batch = torch.where(flips, batch.flip(-1), batch)
        if self.recipe["erasing"] > 0:
            batch = batch.masked_fill_(self.rectangles(count), 0)
        return batch.contiguous(memory_format=torch.channels_last)

    def resized_crops(self, batch):
        height, width = self.boxes(len(batch), self.recipe["scale"], self.recipe["ratio"], inverse=True)
        height, width = height.clamp(max=1), width.clamp(max=1)
        x = (1 - width) * (2 * torch.rand(len(batch)) - 1)
        y = (1 - height) * (2 * torch.rand(len(batch)) - 1)
        zero = torch.zeros(len(batch))
        corners = torch.stack([width, zero, x, zero, height, y], 1).view(-1, 2, 3)
        grid = functional.affine_grid(corners, batch.shape, align_corners=False)
        return functional.grid_sample(batch, grid, padding_mode="border", align_corners=False)

    def rectangles(self, count):
        """Where torchvision's RandomErasing, with its own ranges, erases: [N, 1, H, W]."""
        height, width = self.boxes(count, (0.02, 0.33), (0.3, 3.3))
        height, width = (height * self.size).round(), (width * self.size).round()
        erased = (torch.rand(count) < self.recipe["erasing"]) & (height < self.size) & (width < self.size)
        top = (torch.rand(count) * (self.size - height + 1)).floor()
        left = (torch.rand(count) * (self.size - width + 1)).floor()
        places = torch.arange(self.size)
        rows = (places >= top[:, None]) & (places < (top + height)[:, None]) & erased[:, None]
        columns = (places >= left[:, None]) & (places < (left + width)[:, None])
        return (rows[:, :, None] & columns[:, None, :])[:, None]

    @staticmethod
    def boxes(count, scale, ratio, inverse=False):
        """Heights and widths, as parts of the side, of boxes of random area and height over width."""
        area = torch.empty(count).uniform_(*scale)
        shape = torch.empty(count).uniform_(math.log(ratio[0]), math.log(ratio[1])).exp()
        height, width = (area * shape).sqrt(), (area / shape).sqrt()
        return (width, height) if inverse else (height, width)
