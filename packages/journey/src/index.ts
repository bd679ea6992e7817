export { type Hop, type Journey, type JourneyOptions, journeyOf, type Receiver } from './journey-of.ts'
