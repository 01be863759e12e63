import type { Danger } from '@vigia/protocol'
import { expect, test } from 'vitest'
import { ALERT_COOLDOWN_MS, AlertPolicy } from './alerts.ts'

const danger = (what: string, severity: Danger['severity']): Danger => ({
  what,
  why: 'corte',
  where: 'delante',
  severity,
  certainty: 'medium',
})
const seen = (...dangers: Danger[]) => ({ frame_id: 'f1', dangers })

test('announces dangers of medium and high severity, the gravest first', () => {
  const alerts = new AlertPolicy().alertsOf(
    seen(danger('charco', 'low'), danger('cuchillo', 'medium'), danger('coche', 'high')),
    0,
  )
  expect(alerts.map(({ what }) => what)).toEqual(['coche', 'cuchillo'])
  expect(alerts[0]).toEqual({ frameId: 'f1', what: 'coche', why: 'corte', where: 'delante', severity: 'high' })
})

test('does not repeat the same kind until the cool-down is over, whatever its article', () => {
  const policy = new AlertPolicy()
  expect(policy.alertsOf(seen(danger('Un cuchillo', 'medium')), 0)).toHaveLength(1)
  expect(policy.alertsOf(seen(danger('el cuchillo', 'high')), ALERT_COOLDOWN_MS - 1)).toHaveLength(0)
  expect(policy.alertsOf(seen(danger('escalera', 'medium')), 10)).toHaveLength(1)
  expect(policy.alertsOf(seen(danger('cuchillo', 'medium')), ALERT_COOLDOWN_MS)).toHaveLength(1)
})
