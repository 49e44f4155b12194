"""Writes packages/core/src/image/decode/__fixtures__/compressed-images.json: small JPEG and WebP files, as Pillow writes
them, and the pixels that they stand for."""

import base64
import io
import json
from pathlib import Path

import PIL
from PIL import Image

WIDTH, HEIGHT = 16, 8
LEFT, RIGHT = (200, 40, 40), (40, 40, 200)


def halves(mode="RGB"):
    """The left half red, the right half blue; with transparency, the right half half transparent."""
    image = Image.new("RGB", (WIDTH, HEIGHT), LEFT)
    image.paste(RIGHT, (WIDTH // 2, 0, WIDTH, HEIGHT))
    if mode == "RGBA":
        alpha = Image.new("L", (WIDTH, HEIGHT), 255)
        alpha.paste(128, (WIDTH // 2, 0, WIDTH, HEIGHT))
        image.putalpha(alpha)
    return image.convert(mode)


def encode(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return base64.b64encode(buffer.getvalue()).decode()


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def main():
    jpeg = {"format": "JPEG", "quality": 100, "subsampling": 0}
    files = {
        "jpeg": encode(halves(), **jpeg),
        "jpegGrey": encode(halves("L"), format="JPEG", quality=100),
        "jpegProgressive": encode(halves(), progressive=True, **jpeg),
        "jpegCmyk": encode(halves("CMYK"), format="JPEG", quality=100),
        "jpegTurned": encode(halves(), exif=orientation(6), **jpeg),
        "webp": encode(halves(), format="WEBP", lossless=True),
        "webpLossy": encode(halves(), format="WEBP", quality=100),
        "webpTransparent": encode(halves("RGBA"), format="WEBP", lossless=True, exact=True),
        "webpAnimated": encode(
            halves(), format="WEBP", lossless=True, save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))]
        ),
        "gif": encode(halves(), format="GIF"),
    }
    folder = Path(__file__).resolve().parents[2] / "packages/core/src/image/decode/__fixtures__"
    folder.mkdir(exist_ok=True)
    document = {"pillow": PIL.__version__, "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "files": files}
    (folder / "compressed-images.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
