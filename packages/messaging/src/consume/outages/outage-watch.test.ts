import { describe, expect, it } from 'vitest'
import { classify } from '../../failure/classify.ts'
import { rejected } from '../../failure/failure.ts'
import { createOutageWatch } from './outage-watch.ts'

const refused = (n: number) => classify(new Error(`connect ECONNREFUSED 10.0.0.${n}:5432`))

describe('the outage watch', () => {
  it('takes many messages in a row that fail for the moment with one cause for an outage', () => {
    const watch = createOutageWatch(3)
    const classes = [0, 1, 2, 3].map((n) => watch.judge(refused(n), `t/0/${n}`).failureClass)
    expect(classes).toEqual(['transient', 'transient', 'outage', 'outage'])
  })

  it('does not count attempts at one message', () => {
    const watch = createOutageWatch(3)
    for (let attempt = 0; attempt < 20; attempt++)
      expect(watch.judge(refused(1), 't/0/1').failureClass).toBe('transient')
  })

  it('begins anew after a message that went well, or with another cause', () => {
    const watch = createOutageWatch(3)
    for (let n = 0; n < 10; n++) {
      expect(watch.judge(refused(n), `t/0/${n}`).failureClass).toBe('transient')
      if (n % 2 === 1) watch.good()
    }
    for (let n = 0; n < 10; n++) {
      const failure = n % 2 === 0 ? refused(n) : classify(new Error('other'))
      expect(watch.judge(failure, `t/1/${n}`).failureClass).toBe('transient')
    }
  })

  it('never makes an outage of what is the message itself', () => {
    const watch = createOutageWatch(2)
    for (let n = 0; n < 10; n++) expect(watch.judge(classify(rejected('no')), `t/0/${n}`).failureClass).toBe('poison')
  })
})
