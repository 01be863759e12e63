"""The photo endpoint that a first attempt in Python is: FastAPI and Pillow, the same smaller pictures and measures, nothing stored."""
import io

from fastapi import FastAPI, File, UploadFile
from PIL import Image, ImageFilter, ImageOps, ImageStat

app = FastAPI()


@app.get("/livez")
async def livez():
    return {"status": "ok"}


@app.post("/vision/frame")
async def frame(file: UploadFile = File(...)):
    photo = Image.open(io.BytesIO(await file.read()))
    photo = ImageOps.exif_transpose(photo).convert("RGB")
    size = photo.size
    photo.thumbnail((1280, 1280))
    view = io.BytesIO()
    photo.save(view, "JPEG", quality=85)
    small = photo.copy()
    small.thumbnail((320, 320))
    thumb = io.BytesIO()
    small.save(thumb, "JPEG", quality=75)
    grey = photo.resize((640, photo.height * 640 // photo.width)).convert("L") if photo.width > 640 else photo.convert("L")
    edges = grey.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    colors = small.resize((48, 48)).quantize(8).getcolors()
    return {
        "size": size,
        "brightness": ImageStat.Stat(grey).mean[0],
        "sharpness": ImageStat.Stat(edges).var[0],
        "colors": len(colors),
        "dhash": dhash(grey),
        "view": view.tell(),
        "thumb": thumb.tell(),
    }


def dhash(grey):
    pixels = list(grey.resize((9, 8)).getdata())
    bits = [pixels[y * 9 + x + 1] > pixels[y * 9 + x] for y in range(8) for x in range(8)]
    return f"{sum(bit << i for i, bit in enumerate(reversed(bits))):016x}"
