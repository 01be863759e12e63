import { VigiaError } from '@vigia/client'
import type { FindingPatchBody, Report, SessionDetail, TaskPatchBody } from '@vigia/protocol'
import { useCallback, useEffect, useRef, useState } from 'react'
import { api, useLoaded } from '../std/api.ts'
import { compareReports } from './model.ts'

/** A session with its report; reads on while it is being finished. */
export interface SessionData {
  detail: SessionDetail | null
  report: Report | null
  error: unknown
  progress: { stage: string; done: number; total: number } | null
  /** What a new analysis changed. */
  changes: { added: string[]; removed: string[] } | null
  /** Changes the session by a request; what it answers is shown and given back. A failure is told, null is given back. */
  change: (request: () => Promise<SessionDetail>) => Promise<SessionDetail | null>
  /** False when it failed, which is told. */
  changeTask: (taskId: string, patch: TaskPatchBody) => Promise<boolean>
  changeFinding: (findingId: string, patch: FindingPatchBody) => Promise<boolean>
  analyze: (reuseTranscript: boolean) => Promise<void>
  reload: () => void
}

export function useSession(id: string): SessionData {
  const detail = useLoaded(`session ${id}`, (signal) => api().session(id, signal))
  const report = useLoaded(`report ${id}`, (signal) => api().report(id, signal).catch(notReady))
  const [problem, setProblem] = useState<unknown>(null)
  const [progress, setProgress] = useState<SessionData['progress']>(null)
  const [changes, setChanges] = useState<SessionData['changes']>(null)
  const before = useRef<Report | null>(null)
  const isBusy = detail.data !== null && detail.data.state !== 'final'
  const { reload: reloadDetail, set: setDetail } = detail
  const { reload: reloadReport, set: setReport } = report

  // what happens while it is live or being finished; the last message is the report
  useEffect(() => {
    if (!isBusy) return
    const stop = new AbortController()
    const follow = async (): Promise<void> => {
      for await (const { message } of api().events(id, { signal: stop.signal })) {
        if (message.type === 'analysis_progress') setProgress(message)
        if (message.type === 'segment' || message.type === 'final_result') reloadDetailSoon()
        if (message.type === 'analysis') break
      }
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    const reloadDetailSoon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        reloadDetail()
      }, 1500)
    }
    // the end of the stream, or a poll where it breaks, tells that it is done
    const poll = setInterval(reloadDetail, 3000)
    follow()
      .catch(() => {})
      .finally(() => {
        if (stop.signal.aborted) return
        setProgress(null)
        reloadDetail()
      })
    return () => {
      stop.abort()
      clearInterval(poll)
      clearTimeout(timer)
    }
  }, [isBusy, id, reloadDetail])
  useEffect(() => {
    if (!isBusy) reloadReport()
  }, [isBusy, reloadReport])
  useEffect(() => {
    const old = before.current
    if (!old || !report.data || report.data.analysis.revision === old.analysis.revision) return
    before.current = null
    setChanges(compareReports(old, report.data))
  }, [report.data])

  const change = useCallback(
    async (request: () => Promise<SessionDetail>) => {
      try {
        const changed = await request()
        setDetail(changed)
        setProblem(null)
        reloadReport()
        return changed
      } catch (error) {
        setProblem(error)
        return null
      }
    },
    [setDetail, reloadReport],
  )
  const shown = useRef(report.data)
  shown.current = report.data
  /** `expected` is shown at once; the answer has the last word. */
  const changeReport = useCallback(
    async (expected: (report: Report) => Report, request: () => Promise<Report>) => {
      const before = shown.current
      if (before) setReport(expected(before))
      try {
        setReport(await request())
        setProblem(null)
        return true
      } catch (error) {
        if (before) setReport(before)
        setProblem(error)
        return false
      }
    },
    [setReport],
  )
  const changeTask = useCallback(
    (taskId: string, patch: TaskPatchBody) =>
      changeReport(
        (before) => (patch.status ? withStatus(before, taskId, patch.status) : before),
        () => api().updateTask(id, taskId, patch),
      ),
    [id, changeReport],
  )
  const changeFinding = useCallback(
    (findingId: string, patch: FindingPatchBody) =>
      changeReport(
        (before) => before,
        () => api().updateFinding(id, findingId, patch),
      ),
    [id, changeReport],
  )
  const analyze = useCallback(
    async (reuse: boolean) => {
      try {
        before.current = report.data
        setChanges(null)
        await api().analyze(id, { reuse_transcript: reuse })
        reloadDetail()
      } catch (error) {
        setProblem(error)
      }
    },
    [id, report.data, reloadDetail],
  )
  const error = problem ?? (detail.data ? null : detail.error)
  return {
    detail: detail.data,
    report: report.data,
    error,
    progress,
    changes,
    change,
    changeTask,
    changeFinding,
    analyze,
    reload: reloadDetail,
  }
}

const withStatus = (report: Report, taskId: string, status: NonNullable<TaskPatchBody['status']>): Report => {
  const changed = (items: Report['action_items']) => items.map((item) => (item.id === taskId ? { ...item, status } : item))
  const suggested = report.suggested_actions ? { suggested_actions: changed(report.suggested_actions) } : {}
  return { ...report, action_items: changed(report.action_items), ...suggested }
}

function notReady(error: unknown): null {
  if (VigiaError.is(error) && error.code === 'report_not_ready') return null
  throw error
}
