import { useQuery } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { useState, type ReactNode } from "react";

import { useRefusal } from "../../calls/session.ts";
import { forgetView, keepView, viewsQuery, type View, type ViewKept } from "../../calls/views.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { CheckField, TextField } from "../../parts/fields.tsx";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../../parts/menu.tsx";
import { toast } from "../../parts/toast.ts";
import { AllViews } from "./all-views.tsx";

type ViewMenuProps = {
  readonly tenant: string;
  /** What the list shows now. */
  readonly now: Omit<ViewKept, "shared">;
  readonly onOpen: (view: View) => void;
};

/** Views that stand in the menu itself. */
const SHOWN_MAX = 10;

/** Kept views: opens, keeps and forgets them. */
export function ViewMenu({ tenant, now, onOpen }: ViewMenuProps): ReactNode {
  const { data } = useQuery(viewsQuery(tenant, {}));
  const views = data?.rows.slice(0, SHOWN_MAX) ?? [];
  const hasMore = data !== undefined && (data.rows.length > SHOWN_MAX || data.next !== undefined);
  const [isListing, setIsListing] = useState(false);
  const [isKeeping, setIsKeeping] = useState(false);
  const [forgetting, setForgetting] = useState<View | undefined>(undefined);
  const own = views.filter(({ is_own: isOwn }) => isOwn);
  const shared = views.filter(({ is_own: isOwn }) => !isOwn);
  return (
    <>
      <Menu
        trigger={
          <Button aria-label="Views">
            <Bookmark size={15} aria-hidden />
            <span className="wide-word">Views</span>
          </Button>
        }
      >
        {views.length === 0 && <MenuLabel>No view is kept yet</MenuLabel>}
        {own.map((view) => (
          <MenuItem key={view.name} onSelect={() => onOpen(view)}>
            {view.name}
            {view.shared && <span className="tag">shared</span>}
          </MenuItem>
        ))}
        {shared.length > 0 && <MenuLabel>Shared by others</MenuLabel>}
        {shared.map((view) => (
          <MenuItem key={`${view.owner} ${view.name}`} onSelect={() => onOpen(view)}>
            {view.name}
            <span className="muted small">{view.owner}</span>
          </MenuItem>
        ))}
        {hasMore && <MenuItem onSelect={() => setIsListing(true)}>All views…</MenuItem>}
        <MenuLine />
        <MenuItem onSelect={() => setIsKeeping(true)}>Keep what is shown…</MenuItem>
        {own.map((view) => (
          <MenuItem key={`forget ${view.name}`} onSelect={() => setForgetting(view)}>
            Forget {view.name}…
          </MenuItem>
        ))}
      </Menu>
      {isListing && (
        <AllViews
          tenant={tenant}
          onOpen={onOpen}
          onForget={setForgetting}
          onClose={() => setIsListing(false)}
        />
      )}
      <KeepDialog
        tenant={tenant}
        now={now}
        isOpen={isKeeping}
        onClose={() => setIsKeeping(false)}
      />
      <ConfirmDialog
        title={`Forget ${forgetting?.name ?? ""}`}
        about="The view goes; devices stay. It can be kept again from the list."
        act="Forget"
        isOpen={forgetting !== undefined}
        onClose={() => setForgetting(undefined)}
        onConfirm={() => forgetView(tenant, forgetting?.name ?? "")}
      />
    </>
  );
}

type KeepDialogProps = Pick<ViewMenuProps, "tenant" | "now"> & {
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

/** Longest name of a view that the API takes. */
const NAME_MAX = 64;

function KeepDialog({ tenant, now, isOpen, onClose }: KeepDialogProps): ReactNode {
  const refusal = useRefusal(tenant, "operator");
  const [name, setName] = useState("");
  const [isShared, setIsShared] = useState(false);
  const keep = async (): Promise<void> => {
    await keepView(tenant, name.trim(), { ...now, shared: isShared });
    toast(`View ${name.trim()} is kept.`);
    setName("");
  };
  return (
    <ConfirmDialog
      title="Keep this view"
      about="Filter, order and columns, under a name. A view of yours with the same name is replaced."
      act="Keep"
      isChosen={name.trim() !== ""}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={keep}
    >
      <TextField label="Name" value={name} onChange={setName} maxLength={NAME_MAX} />
      <CheckField
        label="Share with everybody in this tenant"
        refusal={refusal}
        isChecked={isShared}
        onChange={setIsShared}
      />
    </ConfirmDialog>
  );
}
