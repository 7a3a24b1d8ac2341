/**
 * A sweep as one self-contained page: no script, no fonts, nothing fetched. The plots are inline
 * SVG, drawn from the same object that `--json` prints, so page and JSON cannot disagree.
 */
import { faultIndex, isFaultName, isWeather } from '../sim/faults.ts';
import type { SweepReportJson } from './sweep-json.ts';

const WIDTH = 640;
const HEIGHT = 180;
const LEFT = 56;
const BOTTOM = 24;
const TICKS = 4;
const RATE_POINTS = 60;
const RATE_SECONDS_MIN = 1;

const STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #888; --line: #3566c0; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ddd; --soft: #999; --line: #8ab4f8; --bad: #f28b82; }
}
body {
  font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
}
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.bad { color: var(--bad); } .soft { color: var(--soft); } code { font-size: .9em; }
svg { max-width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
svg .axis { stroke: var(--soft); stroke-width: .5; }
svg .line { stroke: var(--line); fill: none; stroke-width: 1.5; }
svg rect { fill: var(--line); }`;

/** The whole page. */
export function sweepHtml(sweep: SweepReportJson): string {
  const failed = sweep.runs - sweep.passed;
  const what = sweep.scenario === null ? 'the default swarm' : `scenario ${sweep.scenario}`;
  const title = `VOPR: ${sweep.runs} seeds of ${what}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(title)}</h1>
<p>${failed === 0 ? 'Every run passed.' : `<strong class="bad">${failed} runs failed.</strong>`}
Seeds ${sweep.from} to ${sweep.from + sweep.count - 1}, build ${escape(sweep.build)}.
${stoppedEarly(sweep)}</p>
${complaints(sweep)}${failures(sweep)}
<h2>What the runs were like</h2>${numbers(sweep)}
<h2>Rate: runs per second over the seconds of the sweep</h2>${rate(sweep)}
<h2>Commits in a run</h2>${histogram(sweep.histograms.commits, 'commits')}
<h2>Faults delivered in a run, besides message delay, loss and duplication</h2>
${histogram(sweep.histograms.faults, 'faults')}
<h2>Faults delivered, by kind, mean of a run</h2>
${bars(perRun(sweep, false), (value) => value.toFixed(2))}
<h2>Weather: what every network does, mean of a run</h2>
${bars(perRun(sweep, true), (value) => value.toFixed(2))}
<h2>Marks reached, over seeds</h2>${marks(sweep)}
<h2>Evaluations of each invariant</h2>${bars(Object.entries(sweep.checks), String)}
<h2>Excuses</h2>${excuses(sweep)}
</body></html>
`;
}

function stoppedEarly({ runs, count }: SweepReportJson): string {
  return runs < count ? `<strong>Stopped early: ${count - runs} seeds did not run.</strong>` : '';
}

function complaints(sweep: SweepReportJson): string {
  return sweep.complaints.map((line) => `<p class="bad">${escape(line)}</p>\n`).join('');
}

function failures(sweep: SweepReportJson): string {
  if (sweep.groups.length === 0) return '';
  const rows = sweep.groups.map(({ invariant, shape, count, seeds, causes }) => {
    const again = escape(`npx vopr run${whichOptions(sweep)} --seed ${seeds[0] ?? 0}`);
    return `<tr><td class="n">${count}</td><td>${escape(invariant)}</td><td>${escape(shape)}<br>${causes.length === 0 ? '' : `\nshrunk: ${escape(causes.join('; '))}<br>`}
<code>${again}</code><br><span class="soft">seeds ${seeds.join(', ')}</span></td></tr>`;
  });
  return `<h2>Failures, by invariant and what is left when shrunk</h2><table>
<tr><th class="n">runs</th><th>invariant</th><th>what it says</th></tr>
${rows.join('\n')}</table>`;
}

function whichOptions({ system, scenario }: SweepReportJson): string {
  const which = scenario === null ? '' : ` --scenario ${scenario}`;
  return `${system === null ? '' : ` --system ${system}`}${which}`;
}

function numbers(sweep: SweepReportJson): string {
  const rows: [string, string][] = [
    ['runs', `${sweep.runs} in ${sweep.seconds} s with ${sweep.jobs} jobs`],
    ['rate', `${sweep.perSecond} a second`],
    ['events, mean', sweep.mean.events.toFixed(1)],
    ['commits, mean', sweep.mean.commits.toFixed(1)],
    ['faults, mean', sweep.mean.faults.toFixed(1)],
    ['kinds of fault, mean', sweep.mean.faultKinds.toFixed(1)],
    ['crashes, mean', sweep.mean.crashes.toFixed(1)],
    ['digest', sweep.digest],
  ];
  const cells = rows.map(([name, value]) => `<tr><td>${name}</td><td>${escape(value)}</td></tr>`);
  return `<table>${cells.join('')}</table>`;
}

function rate({ pace, seconds: whole }: SweepReportJson): string {
  const points: [number, number][] = [];
  let before = { seconds: 0, runs: 0 };
  for (const now of pace) {
    const seconds = now.seconds - before.seconds;
    // Threads report whole ranges: a span too short to mean anything joins the next one.
    if (seconds < Math.max(RATE_SECONDS_MIN, whole / RATE_POINTS)) continue;
    points.push([now.seconds, (now.runs - before.runs) / seconds]);
    before = now;
  }
  return plot(points, 's', 'runs/s');
}

function marks(sweep: SweepReportJson): string {
  const seeds = Object.values(sweep.markSeeds).sort((a, b) => a - b);
  const points: [number, number][] = [[0, 0]];
  seeds.forEach((seed, index) => {
    points.push([seed - sweep.from, index], [seed - sweep.from, index + 1]);
  });
  points.push([sweep.runs, seeds.length]);
  return plot(points, 'seeds', 'marks') + bars(Object.entries(sweep.marks), String);
}

function excuses(sweep: SweepReportJson): string {
  const named = Object.entries(sweep.excuses).map(([name, runs]) => `${escape(name)} ${runs}`);
  const which = named.length === 0 ? '' : `: ${named.join(', ')}`;
  return `<p>${sweep.excusedRuns} of ${sweep.runs} runs${which}.</p>`;
}

function perRun({ faults, runs }: SweepReportJson, weather: boolean): [string, number][] {
  return Object.entries(faults)
    .filter(([name]) => isFaultName(name) && isWeather(faultIndex(name)) === weather)
    .map(([name, count]) => [name, count / Math.max(1, runs)]);
}

/** A line through points in order of x. */
function plot(points: readonly (readonly [number, number])[], x: string, y: string): string {
  if (points.length < 2) return '<p class="soft">Too short to plot.</p>';
  const right = Math.max(...points.map(([at]) => at), 1e-9);
  const top = Math.max(...points.map(([, value]) => value), 1e-9);
  const path = points.map(([at, value]) => `${cx(at / right)},${cy(value / top)}`).join(' ');
  return svg(`${axes(right, top, x, y)}<polyline class="line" points="${path}"/>`);
}

/** How many runs had each count; index is the count. */
function histogram(counts: readonly number[], x: string): string {
  let last = counts.length;
  const total = counts.reduce((sum, n) => sum + n, 0);
  for (let seen = 0; last > 1 && seen + (counts[last - 1] ?? 0) <= total / 200; last--) {
    seen += counts[last - 1] ?? 0;
  }
  const bins = Math.min(80, last);
  if (bins === 0) return '<p class="soft">Nothing ran.</p>';
  const heights = Array.from({ length: bins }, () => 0);
  counts.slice(0, last).forEach((n, value) => {
    const bin = Math.floor((value * bins) / last);
    heights[bin] = (heights[bin] ?? 0) + n;
  });
  const top = Math.max(...heights, 1);
  const columns = heights.map((height, bin) => {
    const [from, to] = [cx(bin / bins), cx((bin + 1) / bins)];
    const y = cy(height / top);
    const [width, tall] = [(to - from - 0.5).toFixed(1), (cy(0) - y).toFixed(1)];
    return `<rect x="${from}" y="${y}" width="${width}" height="${tall}"/>`;
  });
  return svg(`${axes(last, top, x, 'runs')}${columns.join('')}`);
}

function bars(
  rows: readonly (readonly [string, number])[],
  show: (value: number) => string,
): string {
  const top = Math.max(...rows.map(([, value]) => value), 1e-9);
  const cells = rows.map(([name, value]) => {
    const width = ((200 * value) / top).toFixed(1);
    const bar = `<svg width="200" height="10"><rect width="${width}" height="10"/></svg>`;
    return `<tr><td>${escape(name)}</td><td class="n">${show(value)}</td><td>${bar}</td></tr>`;
  });
  return `<table>${cells.join('\n')}</table>`;
}

function axes(right: number, top: number, x: string, y: string): string {
  const lines: string[] = [];
  for (let tick = 0; tick <= TICKS; tick++) {
    const share = tick / TICKS;
    const [atX, atY] = [cx(share), cy(share)];
    lines.push(`<line class="axis" x1="${LEFT}" x2="${WIDTH}" y1="${atY}" y2="${atY}"/>`);
    lines.push(
      `<text x="${LEFT - 6}" y="${atY + 4}" text-anchor="end">${label(top * share)}</text>`,
    );
    const anchor = tick === TICKS ? 'end' : 'middle';
    const unit = tick === TICKS ? ` ${x}` : '';
    lines.push(
      `<text x="${atX}" y="${HEIGHT - 6}" text-anchor="${anchor}">` +
        `${label(right * share)}${unit}</text>`,
    );
  }
  return `${lines.join('')}<text x="2" y="11">${escape(y)}</text>`;
}

function label(value: number): string {
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

function cx(share: number): number {
  return Number((LEFT + share * (WIDTH - LEFT - 8)).toFixed(1));
}

function cy(share: number): number {
  return Number((HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - 18)).toFixed(1));
}

function svg(content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img">${content}</svg>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
