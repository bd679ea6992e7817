import { type Context, createContextKey } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

const forced = createContextKey('interchange sampling forced')

/** A span begun in this context is recorded and exported whatever the sampler says. */
export const forceSampling = (within: Context): Context => within.setValue(forced, true)

/** The sampler of `OTEL_TRACES_SAMPLER`, which gives way to `forceSampling`. */
export const createSampler = (name: string, ratio: number): Sampler => {
  const chosen = samplerNamed(name, ratio)
  return {
    shouldSample: (within, ...rest) =>
      within.getValue(forced) === true
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : chosen.shouldSample(within, ...rest),
    toString: () => `unless forced: ${chosen.toString()}`,
  }
}

const parentBased = 'parentbased_'

const samplerNamed = (name: string, ratio: number): Sampler => {
  if (name.startsWith(parentBased)) {
    return new ParentBasedSampler({ root: samplerNamed(name.slice(parentBased.length), ratio) })
  }
  if (name === 'always_off') return new AlwaysOffSampler()
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio)
  return new AlwaysOnSampler()
}
