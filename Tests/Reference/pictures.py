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
from PIL import Image, ImageFile, ImageOps

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


def xmp(attribute):
    """An XMP packet with orientation 6, as an attribute or as an element under another prefix."""
    inner = ("xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation = '6'/>" if attribute else
             'xmlns:t="http://ns.adobe.com/tiff/1.0/"><t:Orientation>\n 6 </t:Orientation>'
             "</rdf:Description>")
    return ('<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><!-- Orientation="3" -->'
            f'<rdf:Description rdf:about="" {inner}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>').encode()


def with_text(data, *chunks):
    """The same PNG with chunks after its header."""
    return data[:33] + signed_png(chunks)[8:] + data[33:]


def raw_profile(kind, data):
    """What ImageMagick writes: the profile's name, its length and hexadecimal digits."""
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{kind}\n{len(data):8}\n{lines}\n".encode()


def bmp(width, height, bits, compression, masks, palette, pixels):
    """A BMP with a header of 40 bytes."""
    colours = b"".join(bytes([b, g, r, 0]) for r, g, b in palette)
    tables = b"".join(struct.pack("<I", mask) for mask in masks) + colours
    offset = 14 + 40 + len(tables)
    return (struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels),
                          2835, 2835, len(palette), 0) + tables + pixels)


def bmps(small):
    """BMPs that Pillow reads and does not write."""
    height, width = small.shape[:2]
    indices = numpy.asarray(Image.fromarray(small).quantize(16)).astype(int)
    palette = [(i * 16, 255 - i * 9, i * 7 % 256) for i in range(16)]
    five = small.astype(int) >> 3
    words = (five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2]).astype("<u2")
    six = small.astype(int) >> 2
    masked = (five[..., 0] << 11 | six[..., 1] << 5 | five[..., 2]).astype("<u2")
    padded = numpy.pad(small[..., ::-1].reshape(height, -1), [(0, 0), (0, -3 * width % 4)])
    runs, fours = b"", b""
    for row in indices[::-1]:
        for value in row[: width // 2]:
            runs += bytes([1, value])
        rest = bytes(row[width // 2 :].tolist())
        runs += bytes([0, len(rest)]) + rest + b"\0" * (len(rest) % 2) + b"\0\0"
        for at in range(0, width, 2):
            fours += bytes([2, int(row[at]) << 4 | int(row[at + 1])])
        fours += b"\0\0"
    return {
        "bmp-5-bits.bmp": bmp(width, height, 16, 0, [], [], words[::-1].tobytes()),
        "bmp-masks.bmp": bmp(
            width, height, 16, 3, [0xF800, 0x7E0, 0x1F], [], masked[::-1].tobytes()),
        "bmp-top-down.bmp": bmp(width, -height, 24, 0, [], [], padded.tobytes()),
        "bmp-runs-8.bmp": bmp(width, height, 8, 1, [], palette, runs + b"\0\1"),
        "bmp-runs-4.bmp": bmp(width, height, 4, 2, [], palette, fours + b"\0\1"),
    }


def other_kinds(small):
    """GIF, BMP and TIFF."""
    rgb = Image.fromarray(small)
    alpha = Image.fromarray(numpy.dstack([small, small[..., 1]]))
    few = rgb.quantize(24)
    wide = numpy.arange(16 * 30, dtype="u2").reshape(16, 30)
    files = bmps(small) | {
        "gif.gif": encoded(few, "GIF", interlace=0),
        "gif-interlaced.gif": encoded(few, "GIF", interlace=1),
        "gif-transparent.gif": encoded(few, "GIF", transparency=3),
        "gif-frames.gif": encoded(few, "GIF", save_all=True, append_images=[rgb.convert("L")]),
        "bmp.bmp": encoded(rgb, "BMP"),
        "bmp-alpha.bmp": encoded(alpha, "BMP"),
        "bmp-palette.bmp": encoded(few, "BMP"),
        "bmp-1-bit.bmp": encoded(rgb.convert("1"), "BMP"),
        "bmp-without-file-header.dib": encoded(rgb.convert("L"), "DIB"),
        "tiff.tif": encoded(rgb, "TIFF"),
        "tiff-lzw.tif": encoded(rgb, "TIFF", compression="tiff_lzw"),
        "tiff-deflate.tif": encoded(rgb, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-alpha.tif": encoded(alpha, "TIFF", compression="packbits"),
        "tiff-grey.tif": encoded(rgb.convert("L"), "TIFF"),
        "tiff-grey-16-bit.tif": encoded(Image.fromarray(wide * 131), "TIFF"),
        "tiff-palette.tif": encoded(few, "TIFF", compression="tiff_lzw"),
        "tiff-fax.tif": encoded(rgb.convert("1"), "TIFF", compression="group4"),
        "tiff-cmyk.tif": encoded(Image.fromarray(inks(small), "CMYK"), "TIFF"),
        "tiff-pages.tif": encoded(few, "TIFF", save_all=True, append_images=[rgb.convert("L")]),
        "tiff-orientation-6.tif": encoded(Image.fromarray(scene(24, 16)), "TIFF", exif=turned(6)),
    }
    return files


def turned_otherwise():
    """Orientation 6 where it is not EXIF's SHORT in a segment or chunk of its own."""
    image = Image.fromarray(scene(24, 16))
    plain, jpeg = encoded(image, "PNG"), encoded(image, "JPEG", quality=95)
    exif = turned(6).tobytes()
    head = b"http://ns.adobe.com/xap/1.0/\0"
    packet = head + xmp(attribute=True)
    keyword = b"XML:com.adobe.xmp\0"
    return {
        "xmp-orientation-6.jpg":
            jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet + jpeg[2:],
        "xmp-orientation-6.png":
            with_text(plain, (b"iTXt", keyword + b"\0\0\0\0" + xmp(attribute=False))),
        "xmp-compressed-orientation-6.png": with_text(
            plain, (b"iTXt", keyword + b"\1\0\0\0" + zlib.compress(xmp(attribute=True)))),
        "xmp-orientation-6.webp":
            encoded(image, "WEBP", lossless=True, xmp=xmp(attribute=True)),
        "raw-exif-orientation-6.png": with_text(
            plain, (b"zTXt", b"Raw profile type exif\0\0"
                    + zlib.compress(raw_profile("exif", exif)))),
        "raw-app1-orientation-6.png": with_text(
            plain, (b"tEXt", b"Raw profile type APP1\0" + raw_profile("APP1", exif))),
    }


def without_end(jpeg, progressive, png_file, interlaced):
    """All rows, and not the file's end."""
    at = png_file.index(b"IEND") - 4  # where the last IDAT's checksum has ended
    return {
        "no-end.jpg": jpeg[:-2],
        "zeros-for-end.jpg": jpeg[:-2] + bytes(40),
        "no-end-progressive.jpg": progressive[:-2],
        "no-end.png": png_file[:at],
        "no-end-checksum.png": png_file[:-4],
        "wrong-end-checksum.png": flipped(png_file, len(png_file) - 1),
        "zeros-for-end.png": png_file[:at] + bytes(40),
        "no-pixel-checksum.png": png_file[: at - 4],
        "no-end-interlaced.png": interlaced[: interlaced.index(b"IEND") - 8],
    }


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
    files["gif-named.png"] = encoded(Image.new("P", (3, 2)), "GIF")
    files |= other_kinds(scene(18, 13)) | turned_otherwise()
    files |= without_end(
        files["colour.jpg"], files["progressive.jpg"], files["rgb.png"], files["interlaced.png"])
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
        "heic-named.jpg": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC is not supported"),
        "avif-named.jpg": (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "AVIF is not supported"),
        "truncated.gif": (good["gif.gif"][:-60], "GIF"),
        "truncated.bmp": (good["bmp.bmp"][:-99], "BMP: the file is truncated"),
        "truncated-runs.bmp": (good["bmp-runs-8.bmp"][:-40], "BMP: the file is truncated"),
        "truncated.tif": (good["tiff-lzw.tif"][:-300], "TIFF"),
        "truncated-and-zeros.jpg": (jpeg[: len(jpeg) * 6 // 10] + bytes(4000), "JPEG"),
        "wrong-pixel-checksum.png": (
            flipped(good["rgb.png"], good["rgb.png"].index(b"IEND") - 6), "CRC error"),
        "empty.jpg": (b"", "the file is empty"),
        "two-bytes.jpg": (b"\xff\xd8", "not a JPEG, PNG, WebP, GIF, BMP or TIFF file"),
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


# Pillow knows XMP's orientation in its commonest spelling alone, and no EXIF in an APP1 profile.
SHOWS = {
    name: "exif-orientation-6.jpg" if name.endswith(".jpg") else "exif-orientation-6.png"
    for name in ("xmp-orientation-6.jpg", "xmp-orientation-6.png", "xmp-orientation-6.webp",
                 "xmp-compressed-orientation-6.png", "raw-app1-orientation-6.png")
}
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

    def shown(name):
        # Pillow reads some of the files without an end, and others not.
        ImageFile.LOAD_TRUNCATED_IMAGES = name.startswith(("no-", "zeros-", "wrong-end"))
        return opened(good[SHOWS.get(name, name)], 3)

    decoded = [
        {"name": name, **keep(shown(name))}
        for name in good
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
