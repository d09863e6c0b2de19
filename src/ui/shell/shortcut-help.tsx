import type { ReactNode } from "react";

import { Dialog } from "../parts/dialog.tsx";
import { SHORTCUT_HELP } from "./shortcuts.ts";

type ShortcutHelpProps = { readonly isOpen: boolean; readonly onClose: () => void };

/** The list of keys. */
export function ShortcutHelp({ isOpen, onClose }: ShortcutHelpProps): ReactNode {
  return (
    <Dialog title="Keyboard" isOpen={isOpen} onClose={onClose}>
      <dl className="facts">
        {SHORTCUT_HELP.map(([keys, about]) => (
          <div key={about} className="shortcut">
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
