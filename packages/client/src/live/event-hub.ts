import { Emitter, type Listener } from '../std/emitter.ts'
import { EventStream } from '../std/event-stream.ts'
import { isExpendable, type LiveEvent } from './events.ts'

/** The events of a session for everybody who listens: by callback, or as async iterables of their own. */
export class EventHub {
  readonly #emitter = new Emitter<LiveEvent>()
  readonly #streams = new Set<EventStream<LiveEvent>>()
  #ended = false

  on<K extends LiveEvent['type'] | '*'>(
    type: K,
    listener: Listener<K extends '*' ? LiveEvent : Extract<LiveEvent, { type: K }>>,
  ): () => void {
    return this.#emitter.on(type, listener)
  }

  /** Events from now on; ends with the session. */
  iterate(): AsyncIterator<LiveEvent> {
    const stream = new EventStream<LiveEvent>({ expendable: isExpendable })
    if (this.#ended) stream.end()
    else this.#streams.add(stream)
    return stream[Symbol.asyncIterator]()
  }

  emit(event: LiveEvent): void {
    for (const stream of this.#streams) stream.push(event)
    this.#emitter.emit(event)
  }

  /** Nothing comes any more; what is queued can still be read. */
  end(): void {
    this.#ended = true
    for (const stream of this.#streams) stream.end()
    this.#streams.clear()
  }
}
