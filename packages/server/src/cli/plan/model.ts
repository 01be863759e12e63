import { at, type PlanFigures } from './figures.ts'

/** The capacity model: cores, graphics cards, memory, disk and cost of a number of sessions. Pure. */

export interface PlanInput {
  /** Live at the same time. */
  sessions: number
  /** Share of a session in which somebody speaks, 0–1. */
  duty: number
  /** How long a day that many are live. */
  hoursPerDay: number
  keepDays: number
  /** Bytes a second of the stream: PCM16 at 16 kHz 32 000, Opus about 4000. */
  streamBytesPerS: number
  /** Photos per session and hour, and bytes of one with its smaller pictures. */
  photosPerHour: number
  photoBytes: number
  /** Recognition runs on the CPU, or on cards that carry so many speaking streams each. */
  gpuStreams: number | null
  /** Share of a core or card that may be used, 0–1; the rest is for bursts. */
  targetUse: number
  price: { coreHour: number; gpuHour: number; gbMonth: number }
}

export interface Plan {
  cores: { ingest: number; listening: number; speech: number; final: number; total: number; toBuy: number }
  gpus: number
  memoryGb: number
  diskGb: number
  /** Synced writes to the disk. */
  diskBytesPerS: number
  networkMbitPerS: number
  costPerDay: number
  costPerSessionHour: number
}

/** The derived recording, 16 kHz mono PCM16, is kept beside the stream. */
const DERIVED_BYTES_PER_S = 32_000
const GB = 1e9

export function planFor(input: PlanInput, figures: PlanFigures): Plan {
  const { sessions, duty, gpuStreams, targetUse, hoursPerDay } = input
  const ingest = (sessions * at(figures.ingestMsPerS, sessions)) / 1000
  const listening = (sessions * at(figures.listeningMsPerS, sessions)) / 1000
  const onCpu = gpuStreams === null
  const speech = onCpu ? (sessions * duty * at(figures.speechMsPerS, sessions)) / 1000 : 0
  // what ends while others begin is heard again at the pace at which it ends
  const final = onCpu ? (sessions * figures.finalMsPerS) / 1000 : 0
  const total = ingest + listening + speech + final
  const toBuy = Math.ceil(total / targetUse)
  // live and second pass both go to the card
  const gpus = onCpu ? 0 : Math.ceil((sessions * duty * 2) / (gpuStreams * targetUse))
  const secondsPerDay = sessions * hoursPerDay * 3600
  const photoBytesPerDay = sessions * hoursPerDay * input.photosPerHour * input.photoBytes
  const diskGb = (input.keepDays * (secondsPerDay * (input.streamBytesPerS + DERIVED_BYTES_PER_S) + photoBytesPerDay)) / GB
  const costPerDay =
    hoursPerDay * (toBuy * input.price.coreHour + gpus * input.price.gpuHour) + (diskGb * input.price.gbMonth) / 30
  return {
    cores: { ingest, listening, speech, final, total, toBuy },
    gpus,
    memoryGb: (figures.restMb + sessions * figures.sessionMb) / 1024,
    diskGb,
    diskBytesPerS: sessions * input.streamBytesPerS,
    networkMbitPerS: (sessions * input.streamBytesPerS * 8) / 1e6,
    costPerDay,
    costPerSessionHour: sessions === 0 ? 0 : costPerDay / (sessions * hoursPerDay),
  }
}
