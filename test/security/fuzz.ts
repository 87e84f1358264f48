/** `npm run fuzz` sets it: how often each property is tried. */
const wanted = Number(process.env['FUZZ_RUNS'] ?? 0)

export const isFuzzing = wanted > 0

/** The parameters of a property that is tried `short` times in `npm test`. */
export const runs = (short: number): { numRuns: number } => ({ numRuns: isFuzzing ? wanted : short })
