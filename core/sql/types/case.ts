/**
 * Upper and lower case: Unicode 14.0.0's simple mappings, pinned, so that they never follow the
 * engine's Unicode version. A character maps to one character; ASCII is handled apart.
 *
 * A table's entry `start+count/:delta` maps count + 1 characters from `start` on (hexadecimal) by
 * `delta`; with `/` every second one only.
 */

const UPPER =
  'b5:743 e0+16:-32 f8+6:-32 ff:121 101+17/:-1 131:-232 133+2/:-1 13a+7/:-1 14b+16/:-1 ' +
  '17a+2/:-1 17f:-300 180:195 183+1/:-1 188:-1 18c:-1 192:-1 195:97 199:-1 19a:163 19e:130 ' +
  '1a1+2/:-1 1a8:-1 1ad:-1 1b0:-1 1b4+1/:-1 1b9:-1 1bd:-1 1bf:56 1c5:-1 1c6:-2 1c8:-1 1c9:-2 ' +
  '1cb:-1 1cc:-2 1ce+7/:-1 1dd:-79 1df+8/:-1 1f2:-1 1f3:-2 1f5:-1 1f9+13/:-1 223+8/:-1 23c:-1 ' +
  '23f+1:10815 242:-1 247+4/:-1 250:10783 251:10780 252:10782 253:-210 254:-206 256+1:-205 ' +
  '259:-202 25b:-203 25c:42319 260:-205 261:42315 263:-207 265:42280 266:42308 268:-209 ' +
  '269:-211 26a:42308 26b:10743 26c:42305 26f:-211 271:10749 272:-213 275:-214 27d:10727 ' +
  '280:-218 282:42307 283:-218 287:42282 288:-218 289:-69 28a+1:-217 28c:-71 292:-219 29d:42261 ' +
  '29e:42258 345:84 371+1/:-1 377:-1 37b+2:130 3ac:-38 3ad+2:-37 3b1+10:-32 3c2:-31 3c3+8:-32 ' +
  '3cc:-64 3cd+1:-63 3d0:-62 3d1:-57 3d5:-47 3d6:-54 3d7:-8 3d9+b/:-1 3f0:-86 3f1:-80 3f2:7 ' +
  '3f3:-116 3f5:-96 3f8:-1 3fb:-1 430+1f:-32 450+f:-80 461+10/:-1 48b+1a/:-1 4c2+6/:-1 4cf:-15 ' +
  '4d1+2f/:-1 561+25:-48 10d0+2a:3008 10fd+2:3008 13f8+5:-8 1c80:-6254 1c81:-6253 1c82:-6244 ' +
  '1c83+1:-6242 1c85:-6243 1c86:-6236 1c87:-6181 1c88:35266 1d79:35332 1d7d:3814 1d8e:35384 ' +
  '1e01+4a/:-1 1e9b:-59 1ea1+2f/:-1 1f00+7:8 1f10+5:8 1f20+7:8 1f30+7:8 1f40+5:8 1f51+3/:8 ' +
  '1f60+7:8 1f70+1:74 1f72+3:86 1f76+1:100 1f78+1:128 1f7a+1:112 1f7c+1:126 1f80+7:8 1f90+7:8 ' +
  '1fa0+7:8 1fb0+1:8 1fb3:9 1fbe:-7205 1fc3:9 1fd0+1:8 1fe0+1:8 1fe5:7 1ff3:9 214e:-28 ' +
  '2170+f:-16 2184:-1 24d0+19:-26 2c30+2f:-48 2c61:-1 2c65:-10795 2c66:-10792 2c68+2/:-1 ' +
  '2c73:-1 2c76:-1 2c81+31/:-1 2cec+1/:-1 2cf3:-1 2d00+25:-7264 2d27:-7264 2d2d:-7264 ' +
  'a641+16/:-1 a681+d/:-1 a723+6/:-1 a733+1e/:-1 a77a+1/:-1 a77f+4/:-1 a78c:-1 a791+1/:-1 ' +
  'a794:48 a797+9/:-1 a7b5+7/:-1 a7c8+1/:-1 a7d1:-1 a7d7+1/:-1 a7f6:-1 ab53:-928 ab70+4f:-38864 ' +
  'ff41+19:-32 10428+27:-40 104d8+23:-40 10597+a:-39 105a3+e:-39 105b3+6:-39 105bb+1:-39 ' +
  '10cc0+32:-64 118c0+1f:-32 16e60+1f:-32 1e922+21:-34';

const LOWER =
  'c0+16:32 d8+6:32 100+17/:1 132+2/:1 139+7/:1 14a+16/:1 178:-121 179+2/:1 181:210 182+1/:1 ' +
  '186:206 187:1 189+1:205 18b:1 18e:79 18f:202 190:203 191:1 193:205 194:207 196:211 197:209 ' +
  '198:1 19c:211 19d:213 19f:214 1a0+2/:1 1a6:218 1a7:1 1a9:218 1ac:1 1ae:218 1af:1 1b1+1:217 ' +
  '1b3+1/:1 1b7:219 1b8:1 1bc:1 1c4:2 1c5:1 1c7:2 1c8:1 1ca:2 1cb+8/:1 1de+8/:1 1f1:2 1f2+1/:1 ' +
  '1f6:-97 1f7:-56 1f8+13/:1 220:-130 222+8/:1 23a:10795 23b:1 23d:-163 23e:10792 241:1 ' +
  '243:-195 244:69 245:71 246+4/:1 370+1/:1 376:1 37f:116 386:38 388+2:37 38c:64 38e+1:63 ' +
  '391+10:32 3a3+8:32 3cf:8 3d8+b/:1 3f4:-60 3f7:1 3f9:-7 3fa:1 3fd+2:-130 400+f:80 410+1f:32 ' +
  '460+10/:1 48a+1a/:1 4c0:15 4c1+6/:1 4d0+2f/:1 531+25:48 10a0+25:7264 10c7:7264 10cd:7264 ' +
  '13a0+4f:38864 13f0+5:8 1c90+2a:-3008 1cbd+2:-3008 1e00+4a/:1 1e9e:-7615 1ea0+2f/:1 1f08+7:-8 ' +
  '1f18+5:-8 1f28+7:-8 1f38+7:-8 1f48+5:-8 1f59+3/:-8 1f68+7:-8 1f88+7:-8 1f98+7:-8 1fa8+7:-8 ' +
  '1fb8+1:-8 1fba+1:-74 1fbc:-9 1fc8+3:-86 1fcc:-9 1fd8+1:-8 1fda+1:-100 1fe8+1:-8 1fea+1:-112 ' +
  '1fec:-7 1ff8+1:-128 1ffa+1:-126 1ffc:-9 2126:-7517 212a:-8383 212b:-8262 2132:28 2160+f:16 ' +
  '2183:1 24b6+19:26 2c00+2f:48 2c60:1 2c62:-10743 2c63:-3814 2c64:-10727 2c67+2/:1 2c6d:-10780 ' +
  '2c6e:-10749 2c6f:-10783 2c70:-10782 2c72:1 2c75:1 2c7e+1:-10815 2c80+31/:1 2ceb+1/:1 2cf2:1 ' +
  'a640+16/:1 a680+d/:1 a722+6/:1 a732+1e/:1 a779+1/:1 a77d:-35332 a77e+4/:1 a78b:1 a78d:-42280 ' +
  'a790+1/:1 a796+9/:1 a7aa:-42308 a7ab:-42319 a7ac:-42315 a7ad:-42305 a7ae:-42308 a7b0:-42258 ' +
  'a7b1:-42282 a7b2:-42261 a7b3:928 a7b4+7/:1 a7c4:-48 a7c5:-42307 a7c6:-35384 a7c7+1/:1 a7d0:1 ' +
  'a7d6+1/:1 a7f5:1 ff21+19:32 10400+27:40 104b0+23:40 10570+a:39 1057c+e:39 1058c+6:39 ' +
  '10594+1:39 10c80+32:64 118a0+1f:32 16e40+1f:32 1e900+21:34';

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly delta: number;
}

function readTable(text: string): readonly Range[] {
  return text.split(' ').map((entry) => {
    const [, start = '', count = '0', every, delta = ''] =
      /^([0-9a-f]+)(?:[+]([0-9a-f]+))?([/])?:(-?[0-9]+)$/.exec(entry) ?? [];
    const step = every === undefined ? 1 : 2;
    const first = Number(`0x${start}`);
    return { start: first, end: first + Number(`0x${count}`) * step, step, delta: Number(delta) };
  });
}

const upperRanges = readTable(UPPER);
const lowerRanges = readTable(LOWER);

/** Ranges are in order: the last that begins at or before the character. */
function mapCodePoint(ranges: readonly Range[], code: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined) return code;
    if (code < range.start) high = middle - 1;
    else if (code > range.end) low = middle + 1;
    else return (code - range.start) % range.step === 0 ? code + range.delta : code;
  }
  return code;
}

export function upperCodePoint(code: number): number {
  if (code < 128) return code >= 97 && code <= 122 ? code - 32 : code;
  return mapCodePoint(upperRanges, code);
}

export function lowerCodePoint(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  return mapCodePoint(lowerRanges, code);
}

function mapText(text: string, map: (code: number) => number): string {
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) at += 1;
    result += String.fromCodePoint(map(code));
  }
  return result;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** Of ASCII the language fixes the result, and engines are fast at it. */
export function upper(text: string): string {
  if (isAscii(text)) return text.toUpperCase();
  return mapText(text, upperCodePoint);
}

export function lower(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return mapText(text, lowerCodePoint);
}

/** A letter with case, or an ASCII digit: what `initcap` takes for part of a word. */
export function isWordCharacter(code: number): boolean {
  if (code >= 48 && code <= 57) return true;
  return upperCodePoint(code) !== code || lowerCodePoint(code) !== code;
}

export function initcap(text: string): string {
  let inWord = false;
  return mapText(text, (code) => {
    const mapped = inWord ? lowerCodePoint(code) : upperCodePoint(code);
    inWord = isWordCharacter(code);
    return mapped;
  });
}
