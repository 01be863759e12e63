import { describe, expect, it } from 'vitest'
import { RestartPolicy } from './restart-policy.ts'

describe('the restart policy', () => {
  it('doubles the delay with each death up to the ceiling', () => {
    const policy = new RestartPolicy({ firstDelayMs: 200, maxDelayMs: 1000, maxDeaths: 10 })
    const delays = [0, 1, 2, 3].map((at) => policy.died(at))
    expect(delays.map((decision) => decision.action === 'restart' && decision.afterMs)).toEqual([200, 400, 800, 1000])
  })

  it('quarantines at the bound and forgets deaths older than the window', () => {
    const policy = new RestartPolicy({ maxDeaths: 3, windowMs: 1000, quarantineMs: 500 })
    expect(policy.died(0).action).toBe('restart')
    expect(policy.died(10).action).toBe('restart')
    expect(policy.died(2000)).toEqual({ action: 'restart', afterMs: 200 })
    policy.died(2001)
    expect(policy.died(2002)).toEqual({ action: 'quarantine', untilMs: 2502 })
  })

  it('counts no deaths that were forgiven', () => {
    const policy = new RestartPolicy({ maxDeaths: 3, firstDelayMs: 200 })
    for (let at = 0; at < 10; at += 1) {
      expect([policy.died(at * 2), policy.died(at * 2 + 1)].map(({ action }) => action)).toEqual(['restart', 'restart'])
      policy.forgive(2)
    }
    expect(policy.deaths).toBe(0)
    policy.forgive(5)
    expect(policy.died(100)).toEqual({ action: 'restart', afterMs: 200 })
  })
})
