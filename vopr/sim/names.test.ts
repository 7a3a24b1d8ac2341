/** Names: what a power cut may undo, and what it may not. */
import { describe, expect, test } from 'vitest';
import { directoryOf, Names } from './names.ts';

const lose = (): boolean => false;
const keep = (): boolean => true;

describe('names', () => {
  test('an unsynced file may be gone after a power cut, or not', () => {
    for (const [survives, exists] of [
      [lose, false],
      [keep, true],
    ] as const) {
      const names = new Names();
      names.create('a', 0);
      names.cut(survives);
      expect(names.visible.has('a')).toBe(exists);
    }
  });

  test('a sync in its directory makes it durable; one elsewhere does not', () => {
    const names = new Names();
    names.create('t/1/log', 0);
    names.create('t/2/log', 1);
    names.settle('t/1', names.sequence);
    expect(names.cut(lose)).toBe(1);
    expect([...names.visible.keys()]).toEqual(['t/1/log']);
  });

  test('a sync covers only what happened before it began', () => {
    const names = new Names();
    names.create('a', 0);
    const began = names.sequence;
    names.create('b', 1);
    names.settle('', began);
    names.cut(lose);
    expect([...names.visible.keys()]).toEqual(['a']);
  });

  test('a lost removal brings the file back', () => {
    const names = new Names();
    names.create('a', 0);
    names.settleAll();
    expect(names.remove('a')).toBe(true);
    expect(names.visible.has('a')).toBe(false);
    names.cut(lose);
    expect(names.visible.get('a')).toBe(0);
  });

  test('a lost rename keeps both the old name and the file that it replaced', () => {
    const names = new Names();
    names.create('new', 1);
    names.create('old', 0);
    names.settleAll();
    names.rename('new', 'old');
    expect(names.visible.get('old')).toBe(1);
    names.cut(lose);
    expect(names.visible.get('old')).toBe(0);
    expect(names.visible.get('new')).toBe(1);
  });

  test('nothing survives that builds on a lost change', () => {
    const names = new Names();
    names.create('a', 0);
    names.rename('a', 'b');
    let asked = 0;
    names.cut(() => asked++ > 0);
    expect(names.visible.size).toBe(0);
    expect(asked).toBe(1);
  });

  test('a surviving rename replaces the target, whole', () => {
    const names = new Names();
    names.create('old', 0);
    names.settleAll();
    names.create('new', 1);
    names.rename('new', 'old');
    names.cut(keep);
    expect([...names.visible]).toEqual([['old', 1]]);
    expect([...names.durable]).toEqual([['old', 1]]);
  });

  test('listing is by code unit and prefix', () => {
    const names = new Names();
    for (const [i, name] of ['b/2', 'b/10', 'a', 'b/1', 'B'].entries()) names.create(name, i);
    expect(names.list('b/')).toEqual(['b/1', 'b/10', 'b/2']);
    expect(names.remove('nothing')).toBe(false);
    expect(names.rename('nothing', 'x')).toBe(false);
  });

  test('a directory is everything before the last slash', () => {
    expect([directoryOf('a'), directoryOf('t/1/log'), directoryOf('/x')]).toEqual(['', 't/1', '']);
  });
});
