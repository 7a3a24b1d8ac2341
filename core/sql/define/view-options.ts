/**
 * Options of views: WITH CHECK OPTION and security barriers.
 *
 * `security_invoker` may be said to be off: it is about privileges of roles, and there are none.
 */
import type { View } from '../catalog/model.ts';
import { isShown, shownView } from '../catalog/updatable.ts';
import { SqlError, unsupported } from '../error.ts';
import type { ViewOption } from '../tree/define.ts';
import { parseBoolean } from '../types/text-io.ts';
import type { Editor } from './editor.ts';

type Options = Pick<View, 'checkOption' | 'securityBarrier'>;

/** The view with options set; those it does not name stay. */
export function withOptions(view: View, options: readonly ViewOption[], at: number): View {
  const seen: Set<string> = new Set();
  let changed = view;
  for (const { name, value } of options) {
    if (seen.has(name)) {
      throw new SqlError('22023', `parameter "${name}" specified more than once`, { at });
    }
    seen.add(name);
    changed = withOption(changed, name, value ?? 'true', at);
  }
  return changed;
}

function withOption(view: View, name: string, value: string, at: number): View {
  switch (name) {
    case 'check_option': {
      const checkOption = value.toLowerCase();
      if (checkOption === 'local' || checkOption === 'cascaded') return { ...view, checkOption };
      throw new SqlError('22023', `invalid value for enum option "check_option": ${value}`, {
        at,
        detail: 'It can be "local" or "cascaded".',
      });
    }
    case 'security_barrier': {
      const { securityBarrier: _, ...plain } = view;
      return truth(name, value, at) ? { ...view, securityBarrier: true } : plain;
    }
    case 'security_invoker':
      if (truth(name, value, at)) throw unsupported('security_invoker of a view', at);
      return view;
    default:
      throw unrecognized(name, at);
  }
}

/** Names that no option has are passed over, as PostgreSQL does. */
export function withoutOptions(view: View, options: readonly ViewOption[]): View {
  const { checkOption, securityBarrier, ...plain } = view;
  const names = options.map(({ name }) => name);
  const kept: Options = {
    ...(checkOption === undefined || names.includes('check_option') ? {} : { checkOption }),
    ...(securityBarrier === undefined || names.includes('security_barrier')
      ? {}
      : { securityBarrier }),
  };
  return { ...plain, ...kept };
}

export function unrecognized(name: string, at: number): SqlError {
  return new SqlError('22023', `unrecognized parameter "${name}"`, { at });
}

function truth(name: string, value: string, at: number): boolean {
  try {
    return parseBoolean(value);
  } catch {
    throw new SqlError('22023', `invalid value for boolean option "${name}": ${value}`, { at });
  }
}

/** WITH CHECK OPTION is for views that can be written to. */
export function refuseUncheckable(editor: Editor, view: View, at: number): void {
  if (view.checkOption === undefined) return;
  const found = shownView(editor.binding().catalog, view);
  const reason = !isShown(found)
    ? found.reason
    : found.places.every((place) => place < 0)
      ? 'has only columns that are computed'
      : null;
  if (reason === null) return;
  const message = 'WITH CHECK OPTION is supported only on automatically updatable views';
  throw new SqlError('0A000', message, { at, hint: `The view ${reason}.` });
}
