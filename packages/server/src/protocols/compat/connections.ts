/** Live sockets of the compatible APIs, to tell them when the server is about to stop. */

export interface Leavable {
  goingAway(inMs: number): void
}

export class Connections {
  readonly #all = new Set<Leavable>()

  add(connection: Leavable): () => void {
    this.#all.add(connection)
    return () => this.#all.delete(connection)
  }

  /** Sockets that are open. */
  get open(): number {
    return this.#all.size
  }

  /** They are closed with the server; their clients come back with a handle. */
  restart(): void {}

  goingAway(inMs: number): void {
    for (const connection of this.#all) connection.goingAway(inMs)
  }
}
