import { createLogUpdate } from 'log-update';

const lineEveryMs = 5_000;

/** Where a person sees what goes on. */
export interface OneLine {
  /** Writes a line that stays. */
  say(line: string): void;
  /** Writes a line that the next one replaces; where there is no terminal, one now and then. */
  show(line: string): void;
  /** Leaves what was shown last. */
  end(): void;
}

/** Progress in one line of `out`, and what stays above it. */
export function oneLine(out: NodeJS.WriteStream, now: () => number): OneLine {
  const inPlace = out.isTTY ? createLogUpdate(out) : undefined;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    say(line) {
      inPlace?.clear();
      out.write(`${line}\n`);
      shownAt = Number.NEGATIVE_INFINITY;
    },
    show(line) {
      if (inPlace !== undefined) return inPlace(line);
      if (now() - shownAt < lineEveryMs) return;
      shownAt = now();
      out.write(`${line}\n`);
    },
    end: () => inPlace?.done(),
  };
}
