export interface CameraOptions {
  /** Longest side of a photo. Default 1280. */
  maxSide?: number
  /** JPEG quality, 0–1. Default 0.82. */
  quality?: number
  /** `environment` is the camera that looks away from the user. Default. */
  facing?: 'environment' | 'user'
  stream?: MediaStream
}

export interface Camera {
  /** Shows what the camera sees; put it into the page or leave it out. */
  readonly video: HTMLVideoElement
  /** One photo as JPEG, turned as the device is held. */
  takePhoto(): Promise<Blob>
  stop(): void
}

/** Opens the camera. @throws DOMException of `getUserMedia` */
export async function openCamera(options: CameraOptions = {}): Promise<Camera> {
  const { maxSide = 1280, quality = 0.82, facing = 'environment' } = options
  const video = document.createElement('video')
  const wanted = { facingMode: { ideal: facing }, width: { ideal: 1920 }, height: { ideal: 1080 } }
  const stream = options.stream ?? (await navigator.mediaDevices.getUserMedia({ video: wanted }))
  video.muted = true
  video.playsInline = true
  video.srcObject = stream
  await video.play()
  const canvas = document.createElement('canvas')
  return {
    video,
    takePhoto() {
      const scale = Math.min(1, maxSide / Math.max(video.videoWidth, video.videoHeight))
      canvas.width = Math.round(video.videoWidth * scale)
      canvas.height = Math.round(video.videoHeight * scale)
      canvas.getContext('2d')!.drawImage(video, 0, 0, canvas.width, canvas.height)
      return new Promise((resolve, reject) => {
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the camera gave no picture'))), 'image/jpeg', quality)
      })
    },
    stop() {
      if (!options.stream) for (const track of stream.getTracks()) track.stop()
      video.srcObject = null
    },
  }
}
