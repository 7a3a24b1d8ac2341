/**
 * A little colour, where the terminal has it: honours NO_COLOR, FORCE_COLOR and a missing terminal.
 */
import { styleText } from 'node:util';

const coloured = process.stdout.isTTY === true && process.stdout.hasColors();
const forced = process.env['FORCE_COLOR'] !== undefined && process.env['FORCE_COLOR'] !== '0';
const enabled = (coloured || forced) && process.env['NO_COLOR'] === undefined;

type Style = Parameters<typeof styleText>[0];

function paint(style: Style): (text: string) => string {
  return (text) => (enabled ? styleText(style, text) : text);
}

export const bold: (text: string) => string = paint('bold');
export const dim: (text: string) => string = paint('dim');
export const green: (text: string) => string = paint('green');
export const red: (text: string) => string = paint('red');
export const yellow: (text: string) => string = paint('yellow');
