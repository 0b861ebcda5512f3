"""Writes the small pictures that the tests of ImageData read, and what Pillow makes of them.

    Benchmarks/peers/setup
    Benchmarks/peers/.venv/bin/python Tests/Reference/pictures.py

Writes pictures/ beside this file: the pictures, named by what they are, expected.bin (the pixels that
Pillow gives, one block after another) and expected.json (where each block is and what it shows).
A picture that has no pixels stands in expected.json under "refused".

Made with Pillow 13.0.0 and numpy 2.4.6. Expected pixels are what a user of torchvision sees:
ImageOps.exif_transpose, convert("RGB") or convert("L"), and for evaluation resize (antialiased
bilinear or bicubic) and centre crop in torchvision's arithmetic.
"""

import gzip
import io
import json
import pathlib
import struct
import zlib

import numpy
from PIL import Image, ImageOps

folder = pathlib.Path(__file__).resolve().parent / "pictures"
LARGEST = 300_000  # bytes of the whole folder; it is committed
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def scene(width, height, seed=0):
    """Gradients, waves, edges and a little grain in colour: (height, width, 3) bytes."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    planes = []
    for channel in range(3):
        wave = 40 * numpy.sin((x + 2 * channel) / 7 + y / (11 + channel))
        planes.append(60 + 130 * (x / width if channel != 1 else y / height) + wave)
    pixels = numpy.stack(planes, axis=-1)
    disc = numpy.hypot(x - width * 0.6, y - height * 0.4) < min(width, height) / 4
    pixels[disc] = 230 - pixels[disc] * 0.7
    pixels[height // 2 :, : width // 3] *= 0.4
    pixels += random.normal(0, 4, pixels.shape)
    return pixels.clip(0, 255).astype(numpy.uint8)


# Files that Pillow does not write.


def png(samples, depth, kind, interlaced=False):
    """A PNG of (height, width, channels) samples, big-endian when `depth` is 16; no filters."""
    height, width, channels = samples.shape
    kinds = {"grey": 0, "rgb": 2, "grey+alpha": 4, "rgba": 6}
    passes = [(0, 0, 1, 1)]
    if interlaced:  # Adam7: first column and row, steps
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                  (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for left, top, right, down in passes:
        for row in samples[top::down, left::right]:
            if row.size:
                raw += b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes()
    header = struct.pack(">IIBBBBB", width, height, depth, kinds[kind], 0, 0, int(interlaced))
    return signed_png([(b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")])


def signed_png(chunks):
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        checksum = zlib.crc32(name + data)
        out += struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
    return out


def segment(jpeg, markers):
    """Where the first segment with one of `markers` begins."""
    at = 2
    while True:
        marker, length = jpeg[at + 1], struct.unpack_from(">H", jpeg, at + 2)[0]
        if marker in markers:
            return at
        at += 2 + length


def with_size(jpeg, width, height):
    """The same JPEG under a frame header that claims another size."""
    at = segment(jpeg, (0xC0, 0xC2))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def with_precision(jpeg, bits):
    at = segment(jpeg, (0xC0,))
    return jpeg[: at + 4] + bytes([bits]) + jpeg[at + 5 :]


def ycck(pixels):
    """An Adobe YCCK JPEG: luma and chroma of the inverted inks, black as it is."""
    cmyk = numpy.asarray(Image.fromarray(inks(pixels), "CMYK")).astype(float)
    red, green, blue = (255 - cmyk[..., i] for i in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [luma, 128 + (blue - luma) * 0.564, 128 + (red - luma) * 0.713, 255 - cmyk[..., 3]]
    # libjpeg's YCCK is that of CMY = 255 - RGB, and Adobe stores ink inverted once more.
    planes[:3] = [255 - planes[0], 256 - planes[1], 256 - planes[2]]
    stored = numpy.stack(planes, axis=-1).clip(0, 255).round().astype(numpy.uint8)
    jpeg = encoded(Image.fromarray(255 - stored, "CMYK"), "JPEG", quality=95)
    at = segment(jpeg, (0xEE,))
    assert jpeg[at + 4 : at + 9] == b"Adobe" and jpeg[at + 15] == 0
    return jpeg[: at + 15] + b"\x02" + jpeg[at + 16 :]


def inks(pixels):
    rgb = pixels.astype(int)
    black = 255 - rgb.max(axis=-1)
    return numpy.dstack([255 - rgb - black[..., None], black]).astype(numpy.uint8)


def without_adobe(jpeg):
    at = segment(jpeg, (0xEE,))
    return jpeg[:at] + jpeg[at + 2 + struct.unpack_from(">H", jpeg, at + 2)[0] :]


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def pictures():
    """name to bytes, those that can be read."""
    small = scene(32, 24)
    rgb = Image.fromarray(small)
    alpha = numpy.dstack([small, small[..., 1]])
    photo = encoded(Image.fromarray(scene(161, 121, 1)), "JPEG", quality=90)
    wide = numpy.arange(16 * 30, dtype="u2").reshape(16, 30)
    files = {
        "photo.jpg": photo,
        "portrait.jpg": encoded(Image.fromarray(scene(67, 150, 2)), "JPEG", quality=90),
        "colour.jpg": encoded(rgb, "JPEG", quality=90),
        "colour-4-4-4.jpg": encoded(rgb, "JPEG", quality=90, subsampling=0),
        "colour-4-2-2.jpg": encoded(rgb, "JPEG", quality=90, subsampling=1),
        "stored-as-rgb.jpg": encoded(rgb, "JPEG", quality=90, keep_rgb=True),
        "grey.jpg": encoded(rgb.convert("L"), "JPEG", quality=90),
        "progressive.jpg": encoded(rgb, "JPEG", quality=90, progressive=True),
        "progressive-photo.jpg": encoded(
            Image.fromarray(scene(161, 121, 1)), "JPEG", quality=85, progressive=True),
        "restart-markers.jpg": encoded(rgb, "JPEG", quality=90, restart_marker_rows=1),
        "icc-profile.jpg": encoded(rgb, "JPEG", quality=90, icc_profile=b"not sRGB at all" * 9),
        "cmyk.jpg": encoded(Image.fromarray(inks(small), "CMYK"), "JPEG", quality=95),
        "ycck-adobe.jpg": ycck(small),
        "trailing-garbage.jpg": encoded(rgb, "JPEG", quality=90) + b"garbage\xff\xd8\xff" * 20,
        "png-named.jpg": encoded(Image.fromarray(scene(20, 12)), "PNG"),
        "one-pixel.jpg": encoded(Image.new("RGB", (1, 1), (200, 30, 90)), "JPEG"),
        "one-pixel.png": encoded(Image.new("RGB", (1, 1), (200, 30, 90)), "PNG"),
        "very-wide.png": encoded(Image.fromarray(scene(1000, 2)), "PNG", optimize=True),
        "very-tall.png": encoded(Image.fromarray(scene(1, 700)), "PNG", optimize=True),
        "palette.png": encoded(rgb.quantize(64), "PNG"),
        "palette-transparent.png": encoded(rgb.quantize(16), "PNG", transparency=bytes(range(16))),
        "palette-1-bit.png": encoded(rgb.quantize(2), "PNG", bits=1),
        "grey-1-bit.png": encoded(rgb.convert("1"), "PNG"),
        "grey.png": encoded(rgb.convert("L"), "PNG"),
        "grey-alpha.png": encoded(Image.fromarray(alpha).convert("LA"), "PNG"),
        "rgba.png": encoded(Image.fromarray(alpha), "PNG"),
        "rgb.png": encoded(rgb, "PNG"),
        "rgb-keyed-transparent.png": encoded(rgb, "PNG", transparency=tuple(map(int, small[0, 0]))),
        "interlaced.png": png(scene(21, 13), 8, "rgb", interlaced=True),
        "interlaced-grey-16-bit.png": png((wide * 130)[..., None], 16, "grey", interlaced=True),
        # High and low bytes differ, so that a swapped pair shows.
        "grey-16-bit.png": png((wide * 131)[..., None], 16, "grey"),
        "rgb-16-bit.png": png(numpy.dstack([wide * 131, 65535 - wide * 97, wide * 57]), 16, "rgb"),
        "grey-alpha-16-bit.png": png(numpy.dstack([wide * 131, wide]), 16, "grey+alpha"),
        "rgba-16-bit.png": png(
            numpy.dstack([wide * 131, 65535 - wide * 97, wide * 57, wide]), 16, "rgba"),
        "exif-orientation-6.png": encoded(Image.fromarray(scene(24, 16)), "PNG", exif=turned(6)),
        "lossy.webp": encoded(rgb, "WEBP", quality=90),
        "lossless.webp": encoded(rgb, "WEBP", lossless=True),
        "lossless-alpha.webp": encoded(Image.fromarray(alpha), "WEBP", lossless=True, exact=True),
        "exif-orientation-8.webp": encoded(
            Image.fromarray(scene(24, 16)), "WEBP", quality=90, exif=turned(8)),
        "animated.webp": encoded(
            rgb, "WEBP", save_all=True, append_images=[ImageOps.invert(rgb)], lossless=True),
    }
    files["cmyk-without-adobe.jpg"] = without_adobe(files["cmyk.jpg"])
    for orientation in range(1, 9):
        files[f"exif-orientation-{orientation}.jpg"] = encoded(
            Image.fromarray(scene(24, 16)), "JPEG", quality=95, exif=turned(orientation))
    return files


def refused(good):
    """name to (bytes, a part of the reason that has to be given)."""
    jpeg, lossy = good["colour.jpg"], good["lossy.webp"]
    huge = struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    head = segment(jpeg, (0xC0,))
    return {
        "truncated.jpg": (jpeg[: len(jpeg) * 6 // 10], "JPEG"),
        "truncated-but-ended.jpg": (jpeg[: len(jpeg) * 6 // 10] + b"\xff\xd9", "JPEG"),
        "truncated-progressive.jpg": (good["progressive.jpg"][:-400], "JPEG"),
        "truncated-in-header.jpg": (jpeg[: head + 4], "ends before its frame header"),
        "truncated.png": (good["rgb.png"][: len(good["rgb.png"]) // 2], "truncated"),
        "truncated.webp": (lossy[: len(lossy) // 2], "WebP"),
        "wrong-checksum.png": (flipped(good["rgb.png"], 60), "PNG"),
        "html-named.jpg": (b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n", "HTML"),
        "gif-named.png": (encoded(Image.new("P", (3, 2)), "GIF"), "GIF is not supported"),
        "empty.jpg": (b"", "the file is empty"),
        "two-bytes.jpg": (b"\xff\xd8", "not a JPEG, PNG or WebP file"),
        "huge-header.png": (
            signed_png([(b"IHDR", huge), (b"IDAT", zlib.compress(bytes(999))), (b"IEND", b"")]),
            "65535x65535 is more than"),
        "huge-header.jpg": (with_size(jpeg, 65535, 65535), "65535x65535 is more than"),
        "no-size.jpg": (with_size(jpeg, 32, 0), "size of 32x0"),
        "12-bit.jpg": (with_precision(jpeg, 12), "precision 12"),
        "lossless-process.jpg": (jpeg[: head + 1] + b"\xc3" + jpeg[head + 2 :], "0xc3"),
    }


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


# What Pillow and torchvision's arithmetic make of them.


def opened(data, channels):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I"):  # 16 bits: Pillow's conversions differ by version
        image = Image.fromarray((numpy.asarray(image) >> 8).astype(numpy.uint8))
    return image.convert("RGB" if channels == 3 else "L")


def evaluated(image, shorter, crop, kind):
    """torchvision's Resize(shorter) and CenterCrop(crop)."""
    width, height = image.size
    longer = int(shorter * max(width, height) / min(width, height))
    size = (shorter, longer) if width <= height else (longer, shorter)
    if size != image.size:
        image = image.resize(size, FILTERS[kind])
    width, height = size
    if crop > width or crop > height:
        across, down = max(crop - width, 0), max(crop - height, 0)
        image = ImageOps.expand(
            image, (across // 2, down // 2, (across + 1) // 2, (down + 1) // 2))
        width, height = image.size
    left, top = int(round((width - crop) / 2)), int(round((height - crop) / 2))
    return image.crop((left, top, left + crop, top + crop))


LARGE = ("photo.jpg", "progressive-photo.jpg", "portrait.jpg")  # only evaluated
EVALUATIONS = [  # picture, shorter side, crop, channels, filter
    ("photo.jpg", 64, 45, 3, "bilinear"),
    ("photo.jpg", 37, 33, 3, "bilinear"),
    ("photo.jpg", 121, 41, 3, "bilinear"),
    ("photo.jpg", 199, 43, 3, "bilinear"),
    ("photo.jpg", 20, 29, 3, "bilinear"),
    ("photo.jpg", 50, 41, 1, "bilinear"),
    ("progressive-photo.jpg", 61, 39, 3, "bilinear"),
    ("portrait.jpg", 32, 32, 3, "bilinear"),
    ("grey.jpg", 19, 17, 3, "bilinear"),
    ("grey-16-bit.png", 11, 9, 1, "bilinear"),
    ("very-wide.png", 5, 5, 3, "bilinear"),
    ("very-tall.png", 3, 7, 3, "bilinear"),
    ("exif-orientation-6.jpg", 10, 9, 3, "bilinear"),
    ("photo.jpg", 64, 45, 3, "bicubic"),
    ("photo.jpg", 37, 33, 3, "bicubic"),
    ("photo.jpg", 199, 43, 3, "bicubic"),
    ("photo.jpg", 121, 41, 3, "bicubic"),
    ("photo.jpg", 20, 29, 3, "bicubic"),
    ("photo.jpg", 50, 41, 1, "bicubic"),
    ("portrait.jpg", 224, 40, 3, "bicubic"),
    ("rgb.png", 17, 15, 3, "bicubic"),
    ("one-pixel.png", 8, 8, 3, "bicubic"),
]


def main():
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    good = pictures()
    bad = refused(good)
    block = bytearray()

    def keep(image):
        pixels = numpy.asarray(image).tobytes()
        offset = block.find(pixels)  # many of the pictures show the same pixels
        if offset < 0:
            offset = len(block)
            block.extend(pixels)
        return {"width": image.width, "height": image.height, "offset": offset}

    decoded = [
        {"name": name, **keep(opened(data, 3))}
        for name, data in good.items()
        if name not in LARGE
    ]
    evaluations = [
        {"name": name, "resize": shorter, "crop": crop, "channels": channels, "filter": kind,
         **keep(evaluated(opened(good[name], channels), shorter, crop, kind))}
        for name, shorter, crop, channels, kind in EVALUATIONS
    ]
    for name, data in (good | {name: data for name, (data, _) in bad.items()}).items():
        (folder / name).write_bytes(data)
    (folder / "expected.bin").write_bytes(block)
    index = {
        "decoded": decoded,
        "evaluated": evaluations,
        "refused": [{"name": name, "reason": reason} for name, (_, reason) in bad.items()],
    }
    (folder / "expected.json").write_text(json.dumps(index, indent=1) + "\n")
    idx = struct.pack(">HBB3I", 0, 8, 3, 5, 4, 3) + bytes(range(60))
    labels = struct.pack(">HBBI", 0, 8, 1, 5) + bytes([0, 1, 2, 1, 0])
    for name, data in (("images-idx3", idx), ("labels-idx1", labels)):
        (folder / f"tiny-{name}-ubyte.gz").write_bytes(gzip.compress(data, mtime=0))
    # 64 million white pixels in a few kB: allowed by the cap, and more than a small machine has.
    blank = encoded(Image.new("1", (8000, 8000), 1), "PNG", optimize=True)
    (folder / "large-blank.png").write_bytes(blank)
    total = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{len(good)} pictures and {len(bad)} that are none, {total} bytes")
    if total > LARGEST:
        raise SystemExit(f"more than {LARGEST} bytes; shrink them")


if __name__ == "__main__":
    main()
