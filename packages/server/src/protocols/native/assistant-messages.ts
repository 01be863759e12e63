import type { ClientMessage } from '@vigia/protocol'
import type { AssistantInput } from '../../session/assistant.ts'

/** Messages of mode `assistant` → the assistant of their session. */

const TYPES = ['text', 'interrupt', 'playback', 'activity', 'tool_result'] as const

export type AssistantMessage = Extract<ClientMessage, { type: (typeof TYPES)[number] }>

export function isForAssistant(message: ClientMessage): message is AssistantMessage {
  return (TYPES as readonly string[]).includes(message.type)
}

export function tellAssistant(assistant: AssistantInput, message: AssistantMessage): void {
  switch (message.type) {
    case 'text':
      assistant.text(message.text)
      break
    case 'interrupt':
      assistant.interrupt('client')
      break
    case 'playback': {
      const { played_ms, reply_id } = message
      assistant.playback({ playedMs: played_ms, ...(reply_id === undefined ? {} : { replyId: reply_id }) })
      break
    }
    case 'activity':
      if (message.state === 'start') assistant.activityStart()
      else assistant.activityEnd()
      break
    case 'tool_result': {
      const { call_id, content, is_error } = message
      assistant.toolResult({ callId: call_id, content, ...(is_error ? { isError: true } : {}) })
      break
    }
  }
}
