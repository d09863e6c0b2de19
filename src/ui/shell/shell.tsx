import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { CircleQuestionMark, Menu as MenuIcon, Search } from "lucide-react";
import { useCallback, useState, type ReactNode } from "react";

import { useLive, type Liveness } from "../calls/live.ts";
import { IconButton } from "../parts/button.tsx";
import { Drawer } from "../parts/dialog.tsx";
import { Toasts } from "../parts/toasts.tsx";
import { AwayNotice } from "./away-notice.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { ShortcutHelp } from "./shortcut-help.tsx";
import type { ShortcutAct } from "./shortcuts.ts";
import { SideBar } from "./side-bar.tsx";
import { ThemeMenu } from "./theme-menu.tsx";
import { useShortcuts } from "./use-shortcuts.ts";

type Opened = "palette" | "help" | "nav" | undefined;

/** What stands around every page of a tenant. */
export function Shell(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const [opened, setOpened] = useState<Opened>(undefined);
  const close = useCallback(() => setOpened(undefined), []);
  const liveness = useLive(tenant);
  useShortcuts(useShortcutActs(tenant, setOpened));
  return (
    <>
      <Frame tenant={tenant} opened={opened} onOpen={setOpened}>
        <FindButton onOpen={setOpened} />
        <div className="top-end">
          <LiveMark liveness={liveness} />
          <ThemeMenu />
          <span className="only-wide">
            <IconButton label="Keyboard" onClick={() => setOpened("help")}>
              <CircleQuestionMark size={16} aria-hidden />
            </IconButton>
          </span>
        </div>
      </Frame>
      <CommandPalette tenant={tenant} isOpen={opened === "palette"} onClose={close} />
      <ShortcutHelp isOpen={opened === "help"} onClose={close} />
    </>
  );
}

/** What stands around pages of the platform, which are of no tenant. */
export function PlatformShell(): ReactNode {
  const [opened, setOpened] = useState<Opened>(undefined);
  return (
    <Frame tenant={undefined} opened={opened} onOpen={setOpened}>
      <div className="top-end">
        <ThemeMenu />
      </div>
    </Frame>
  );
}

type FrameProps = {
  readonly tenant: string | undefined;
  readonly opened: Opened;
  readonly onOpen: (what: Opened) => void;
  /** Of the bar at the top. */
  readonly children: ReactNode;
};

function Frame({ tenant, opened, onOpen, children }: FrameProps): ReactNode {
  const close = (): void => onOpen(undefined);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <div className="shell">
        <SideBar tenant={tenant} />
        <div className="content">
          <header className="top">
            <span className="only-narrow">
              <IconButton label="Open navigation" onClick={() => onOpen("nav")}>
                <MenuIcon size={18} aria-hidden />
              </IconButton>
            </span>
            {children}
          </header>
          <AwayNotice />
          <main id="main" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
      <Drawer title="Navigation" side="left" isOpen={opened === "nav"} onClose={close}>
        <SideBar tenant={tenant} isInDrawer onGo={close} />
      </Drawer>
      <Toasts />
    </>
  );
}

function useShortcutActs(
  tenant: string,
  open: (what: Opened) => void,
): (asked: ShortcutAct) => void {
  const navigate = useNavigate();
  return useCallback(
    (asked) => {
      if (asked.kind === "go") void navigate({ to: asked.place.to, params: { tenant } });
      else if (asked.kind === "help") open("help");
      else if (asked.kind === "palette" || (asked.kind === "find" && !focusSearch())) {
        open("palette");
      }
    },
    [navigate, open, tenant],
  );
}

/** Puts the cursor into the page's own search field; false where it has none. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  field?.select();
  return field !== null;
}

const LIVE_WORDS = {
  live: ["Live", "Changes are shown as they happen"],
  asking: ["Every 10 s", "The core is asked for changes every 10 seconds"],
} as const;

function LiveMark({ liveness }: { readonly liveness: Liveness }): ReactNode {
  const [word, about] = LIVE_WORDS[liveness];
  return (
    <span className="liveness" data-live={liveness} title={about}>
      {word}
    </span>
  );
}

function FindButton({ onOpen }: { readonly onOpen: (what: Opened) => void }): ReactNode {
  return (
    <button type="button" className="find-button" onClick={() => onOpen("palette")}>
      <Search size={15} aria-hidden />
      <span className="clip">Find a page, source or device</span>
      <kbd className="only-wide">Ctrl K</kbd>
    </button>
  );
}
