/** EDN: what recorded histories use of it, and errors for what is malformed. */
import { describe, expect, test } from 'vitest';
import { isEdnMap, parseEdn } from './edn.ts';
import { etcdRegister, knossosRegister, porcupineKv } from './jepsen.ts';
import { UNKNOWN } from '../model.ts';

describe('edn', () => {
  test('atoms', () => {
    expect(parseEdn('nil true false 12 -3 4.5 7N :ok sym "te\\"xt\\n"')).toEqual([
      null,
      true,
      false,
      12,
      -3,
      4.5,
      7,
      ':ok',
      'sym',
      'te"xt\n',
    ]);
  });

  test('collections, commas, comments, and values that are hidden', () => {
    expect(parseEdn('[1, (2 3) #{4}] ; to the end\n#_ [gone] [5]')).toEqual([
      [1, [2, 3], [4]],
      [5],
    ]);
    const [map] = parseEdn('{:a 1, "b" [nil], 3 {}}');
    expect(isEdnMap(map!)).toBe(true);
    if (isEdnMap(map!)) {
      expect([...map.entries].map(([key]) => key)).toEqual([':a', 'b', '3']);
      expect(map.entries.get('b')).toEqual([null]);
    }
  });

  test('a tag is dropped, its value kept', () => {
    expect(parseEdn('#inst "2020"')).toEqual(['2020']);
  });

  test('nothing is nothing', () => {
    expect(parseEdn(' ; only a comment\n')).toEqual([]);
  });

  test('malformed text is an error that says where', () => {
    for (const bad of ['[1', '(1]', '{:a}', '"x', ')', '{1 2 3}']) {
      expect(() => parseEdn(bad)).toThrow(/^EDN: .* at character \d+$/);
    }
  });
});

describe('recorded histories', () => {
  test('knossos: failures are dropped, crashes are unknown, the nemesis is ignored', () => {
    const calls = knossosRegister(`[
      {:process 0, :type :invoke, :f :write, :value 1}
      {:process :nemesis, :type :info, :f :start, :value nil}
      {:process 1, :type :invoke, :f :cas, :value [1 2]}
      {:process 1, :type :fail, :f :cas, :value [1 2]}
      {:process 0, :type :info, :f :write, :value 1}
      {:process 2, :type :invoke, :f :read, :value nil}
      {:process 2, :type :ok, :f :read, :value 1}]`);
    expect(calls).toEqual([
      { op: { kind: 'write', value: 1 }, invoked: 0, returned: UNKNOWN },
      { op: { kind: 'read', value: 1 }, invoked: 4, returned: 5 },
    ]);
  });

  test('etcd: a failed compare-and-set is an answer, a timed-out read is none', () => {
    const calls = etcdRegister(
      [
        'INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]',
        'INFO  jepsen.util - 1\t:invoke\t:read\tnil',
        'INFO  jepsen.util - 0\t:fail\t:cas\t[1 2]',
        'INFO  jepsen.util - 1\t:fail\t:read\t:timed-out',
        'INFO  jepsen.util - 2 :invoke :write 3',
        'INFO  jepsen.util - 2\t:info\t:write\t:timed-out',
      ].join('\n'),
    );
    expect(calls).toEqual([
      { op: { kind: 'cas', from: 1, to: 2, matched: false }, invoked: 0, returned: 2 },
      { op: { kind: 'write', value: 3 }, invoked: 4, returned: UNKNOWN },
    ]);
  });

  test('porcupine: one map a line', () => {
    const calls = porcupineKv(
      '{:process 9, :type :invoke, :f :get, :key "0", :value nil}\n' +
        '{:process 9, :type :ok, :f :get, :key "0", :value "x 1 y"}\n',
    );
    expect(calls).toEqual([
      { op: { kind: 'get', key: '0', value: 'x 1 y' }, invoked: 0, returned: 1 },
    ]);
  });

  test('a recording that contradicts itself is refused', () => {
    const twice = '[{:process 0 :type :invoke :f :read} {:process 0 :type :invoke :f :read}]';
    expect(() => knossosRegister(twice)).toThrow('two calls open');
    expect(() => knossosRegister('[{:process 0 :type :ok :f :read}]')).toThrow('without a call');
  });
});
