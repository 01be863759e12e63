import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'

/** The recording of a session: where it is, what it plays. */
export interface RecordingPlayer {
  audio: RefObject<HTMLAudioElement | null>
  /** Seconds. */
  position: number
  playing: boolean
  speed: number
  skipSilence: boolean
  toggle: () => void
  seek: (seconds: number) => void
  /** Plays a stretch and stops at its end. */
  playSpan: (start: number, end: number) => void
  setSpeed: (speed: number) => void
  setSkipSilence: (skip: boolean) => void
}

const LEAD_S = 0.15

/** @param speech - stretches with speech, in order */
export function usePlayer(speech: readonly { start: number; end: number }[]): RecordingPlayer {
  const audio = useRef<HTMLAudioElement | null>(null)
  const [position, setPosition] = useState(0)
  const [playing, setPlaying] = useState(false)
  const [speed, setSpeedState] = useState(1)
  const [skipSilence, setSkipSilence] = useState(false)
  const stopAt = useRef<number | null>(null)
  const skips = useRef(false)
  skips.current = skipSilence

  useEffect(() => {
    const element = audio.current
    if (!element) return
    let frame = 0
    const tick = (): void => {
      const now = element.currentTime
      if (stopAt.current !== null && now >= stopAt.current) {
        stopAt.current = null
        element.pause()
      } else if (skips.current && stopAt.current === null) {
        const next = speech.find(({ end }) => end > now)
        if (next && next.start - now > 0.6) element.currentTime = next.start - LEAD_S
      }
      setPosition(element.currentTime)
      if (!element.paused) frame = requestAnimationFrame(tick)
    }
    const onPlay = (): void => {
      setPlaying(true)
      tick()
    }
    const onPause = (): void => setPlaying(false)
    const onSeek = (): void => setPosition(element.currentTime)
    element.addEventListener('play', onPlay)
    element.addEventListener('pause', onPause)
    element.addEventListener('seeked', onSeek)
    if (!element.paused) onPlay()
    return () => {
      cancelAnimationFrame(frame)
      element.removeEventListener('play', onPlay)
      element.removeEventListener('pause', onPause)
      element.removeEventListener('seeked', onSeek)
    }
  }, [speech])

  const play = useCallback((): void => {
    audio.current?.play().catch(() => setPlaying(false))
  }, [])
  const seek = useCallback((seconds: number): void => {
    stopAt.current = null
    if (audio.current) audio.current.currentTime = Math.max(0, seconds)
    setPosition(Math.max(0, seconds))
  }, [])
  const playSpan = useCallback(
    (start: number, end: number): void => {
      seek(Math.max(0, start - LEAD_S))
      stopAt.current = end + LEAD_S
      play()
    },
    [play, seek],
  )
  const toggle = useCallback((): void => {
    stopAt.current = null
    if (audio.current?.paused) play()
    else audio.current?.pause()
  }, [play])
  const setSpeed = useCallback((value: number): void => {
    setSpeedState(value)
    if (audio.current) {
      audio.current.playbackRate = value
      audio.current.preservesPitch = true
    }
  }, [])
  return useMemo(
    () => ({ audio, position, playing, speed, skipSilence, toggle, seek, playSpan, setSpeed, setSkipSilence }),
    [position, playing, speed, skipSilence, toggle, seek, playSpan, setSpeed],
  )
}
