/**
 * The shortest part of a failing sequence that still fails, as far as leaving out halves, quarters and single ones finds
 * it. Each try costs a whole run, so every one is told.
 */
export async function shortestFailing<T>(
  all: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = all;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length && kept.length > 1; ) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (rest.length > 0 && rest.length < kept.length && (await fails(rest))) kept = rest;
      else from += size;
    }
  }
  return kept;
}
