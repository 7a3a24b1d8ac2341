/** How the REPL's hues look on a terminal. */
import type { Colour, Paint } from '../command/print.ts';
import type { Hue } from './highlight.ts';

const HUES: Readonly<Record<Hue | 'prompt', Colour>> = {
  word: 'blue',
  string: 'green',
  number: 'cyan',
  name: 'yellow',
  comment: 'dim',
  command: 'magenta',
  prompt: 'bold',
};

export function paintHues(paint: Paint): (hue: Hue | 'prompt', text: string) => string {
  return (hue, text) => paint(HUES[hue], text);
}
