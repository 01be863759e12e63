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
    grey = small.convert("L")
    edges = ImageStat.Stat(grey.filter(ImageFilter.FIND_EDGES))
    colors = small.resize((48, 48)).quantize(8).getcolors()
    return {
        "size": size,
        "brightness": ImageStat.Stat(grey).mean[0],
        "sharpness": edges.var[0],
        "colors": len(colors),
        "view": view.tell(),
        "thumb": thumb.tell(),
    }
