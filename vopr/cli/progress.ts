/**
 * A progress bar for long work, on standard error, where there is a terminal; silent elsewhere, so
 * that logs and pipes stay clean. Standard output belongs to the result.
 */

export interface Progress {
  readonly update: (done: number, failed: number) => void;
  /** Removes the bar. */
  readonly stop: () => void;
}

const REDRAW_MILLIS = 100;
const BAR_CELLS = 24;

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

export function startProgress(total: number, unit: string): Progress {
  const out = process.stderr;
  if (!out.isTTY || total === 0) return SILENT;
  const started = performance.now();
  let drawn = 0;
  return {
    update(done: number, failed: number): void {
      const now = performance.now();
      if (now - drawn < REDRAW_MILLIS && done < total) return;
      drawn = now;
      out.write(`\r\u001b[2K${progressLine(done, total, failed, now - started, unit)}`);
    },
    stop(): void {
      out.write('\r\u001b[2K');
    },
  };
}

/** The bar as text; at most 80 columns for counts below a billion. */
export function progressLine(
  done: number,
  total: number,
  failed: number,
  elapsedMillis: number,
  unit: string,
): string {
  const share = Math.min(1, done / total);
  const cells = Math.round(share * BAR_CELLS);
  const rate = elapsedMillis > 0 ? (done * 1000) / elapsedMillis : 0;
  const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
  const bar = '█'.repeat(cells) + '░'.repeat(BAR_CELLS - cells);
  const failures = failed > 0 ? `  ${failed} FAILED` : '';
  return `${bar} ${done}/${total}  ${Math.round(rate)} ${unit}/s  ${clock(left)} left${failures}`;
}

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}
