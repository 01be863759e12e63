/** The calls of the process that holds the program. */
export type LlamaServerCalls = {
  /** Resolves when the model is loaded. */
  load: { params: LaunchParams; result: null }
  ready: { params: null; result: null }
}

export interface LaunchParams {
  binary: string
  args: string[]
  port: number
  key: string
}
