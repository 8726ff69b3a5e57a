/**
 * Waits for `work`, but at most `ms`, then goes on without it: for the end of a process, where a neighbour that does not
 * answer must not hold up what comes after. Answers whether the work ended in time; its failure counts as an end.
 */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([ended, late]);
  clearTimeout(timer);
  return isInTime;
}
