import { describe, expect, it } from 'vitest'
import { diedOfMemory, readOomKills } from './oom.ts'

const facts = (reason: string, output: string[] = [], oomKills: number | null = 0) => ({ reason, output, oomKills })

describe('a death for want of memory', () => {
  it.each([
    ['SIGABRT', 'ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory'],
    ['SIGABRT', "terminate called after throwing an instance of 'std::bad_alloc'"],
    ['SIGABRT', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
    [
      'exit code 1',
      'ggml_vulkan: Device memory allocation of size 1073741824 failed. vk::Device::allocateMemory: ErrorOutOfDeviceMemory',
    ],
    ['SIGABRT', 'Failed to allocate memory for requested buffer of size 268435456'],
  ])('%s is one when it says: %s', (reason, line) => {
    expect(diedOfMemory(facts(reason, ['loading model', line]))).toBe(true)
  })

  it('is one when the system killed it and has counted a kill for memory', () => {
    expect(diedOfMemory(facts('SIGKILL', [], 1))).toBe(true)
    expect(diedOfMemory(facts('exit code 1', ['llama-server ended: SIGKILL'], 1))).toBe(true)
  })

  it('is none when someone else killed it, or it ended for another reason while others were killed', () => {
    expect(diedOfMemory(facts('SIGKILL', [], 0))).toBe(false)
    expect(diedOfMemory(facts('SIGKILL', [], null))).toBe(false)
    expect(diedOfMemory(facts('SIGSEGV', ['loading model'], 3))).toBe(false)
    expect(diedOfMemory(facts('exit code 255', ["'vocab_size' does not exist in the metadata"], 1))).toBe(false)
  })

  it('reads a count where the system keeps one', () => {
    const count = readOomKills()
    expect(count === null || (Number.isInteger(count) && count >= 0)).toBe(true)
  })
})
