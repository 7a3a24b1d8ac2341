/** Which shell's script `kimberlite completion` prints, and which it refuses to pretend. */
import { describe, expect, test } from 'vitest';
import { completionArguments } from './completion.ts';

describe('completion', () => {
  test.each([
    [['completion', 'bash'], '/bin/zsh', '/bin/bash'],
    [['completion', 'zsh'], '/bin/bash', '/bin/zsh'],
    [['completion'], '/usr/bin/zsh', '/bin/zsh'],
    [['completion'], '/bin/sh', '/bin/bash'],
    [['completion'], undefined, '/bin/bash'],
    // In fish, for bash.
    [['completion', 'bash'], '/usr/bin/fish', '/bin/bash'],
  ])('%j with SHELL=%s is for %s', (argv, shell, expected) => {
    const environment: Record<string, string | undefined> = { SHELL: shell, ZSH_NAME: 'zsh' };
    expect(completionArguments(argv, environment)).toEqual(['completion']);
    expect(environment).toEqual({ SHELL: expected });
  });

  test.each([
    [['completion', 'fish'], '/bin/bash', 'no completion for "fish"'],
    [['completion', ''], '/bin/bash', 'no completion for ""'],
    [['completion'], '/usr/bin/fish', 'no completion for "fish"'],
    [['completion', 'bash', 'zsh'], '/bin/bash', 'one shell, not 2'],
  ])('%j with SHELL=%s is refused, and says what there is', (argv, shell, message) => {
    const act = (): unknown => completionArguments(argv, { SHELL: shell });
    expect(act).toThrow(message);
    expect(act).toThrow('say kimberlite completion bash, or kimberlite completion zsh');
  });

  test('anything else is left alone', () => {
    const environment = { SHELL: '/usr/bin/fish' };
    for (const argv of [['completion', '--help'], ['init', 'completion'], []]) {
      expect(completionArguments(argv, environment)).toBe(argv);
    }
    expect(environment).toEqual({ SHELL: '/usr/bin/fish' });
  });
});
