import { Plus, Users } from "lucide-react";
import { useState, type ReactNode } from "react";

import { changePeople, usersQuery, type User } from "../../calls/people.ts";
import { ActButton } from "../../parts/act-button.tsx";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { CopyLine } from "../../parts/copy-line.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { CheckField, TextField } from "../../parts/fields.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";

/** All users of the core. A new one comes in by a one-time link, so that nobody sends passwords around. */
export function CoreUsers(): ReactNode {
  const [isMaking, setIsMaking] = useState(false);
  const [link, setLink] = useState<string | undefined>(undefined);
  const makeLink = async ({ username }: User): Promise<void> => {
    const path = ["users", username, "link"];
    const made = await changePeople<{ readonly path: string }>({ method: "POST", path });
    setLink(`${globalThis.location.origin}${made.path}`);
  };
  return (
    <>
      <PagedList
        title="All users of this core"
        acts={
          <Button onClick={() => setIsMaking(true)}>
            <Plus size={14} aria-hidden />
            Make a user
          </Button>
        }
        pageQuery={usersQuery}
        find="Name of a user"
        empty={<EmptyState icon={Users} title="Nobody can log in yet" />}
      >
        {(users) => <UserTable users={users} onLink={makeLink} />}
      </PagedList>
      <NewUserDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
      <Dialog
        title="One-time link"
        about="It logs in once, and is shown this once."
        isOpen={link !== undefined}
        onClose={() => setLink(undefined)}
        foot={
          <Button kind="primary" onClick={() => setLink(undefined)}>
            Done
          </Button>
        }
      >
        <CopyLine label="link" text={link ?? ""} />
      </Dialog>
    </>
  );
}

type UserTableProps = {
  readonly users: readonly User[];
  readonly onLink: (user: User) => Promise<void>;
};

function UserTable({ users, onLink }: UserTableProps): ReactNode {
  const [switching, setSwitching] = useState<User | undefined>(undefined);
  return (
    <>
      <Table
        caption="All users of this core"
        columns={[
          {
            id: "user",
            title: "User",
            cell: ({ username }: User) => <span className="name">{username}</span>,
          },
          {
            id: "is",
            title: "Is",
            cell: ({ is_platform_admin: isPlatform, is_disabled: isOff }: User) => (
              <span className="row">
                {isPlatform && <StatusBadge tone="info">Platform</StatusBadge>}
                {isOff ? (
                  <StatusBadge tone="idle" icon="ended">
                    Disabled
                  </StatusBadge>
                ) : (
                  <StatusBadge tone="good">May log in</StatusBadge>
                )}
              </span>
            ),
          },
          {
            id: "tenants",
            title: "Tenants",
            cell: ({ tenants }: User) =>
              tenants.map(({ slug, role }) => `${slug} (${role})`).join(", ") || "none",
          },
          {
            id: "act",
            title: "Act",
            isNumber: true,
            cell: (user: User) => (
              <span className="acts">
                <ActButton act={() => onLink(user)}>Link</ActButton>
                <Button onClick={() => setSwitching(user)}>
                  {user.is_disabled ? "Enable" : "Disable"}
                </Button>
              </span>
            ),
          },
        ]}
        rows={users}
        rowKey={({ username }) => username}
      />
      <SwitchDialog user={switching} onClose={() => setSwitching(undefined)} />
    </>
  );
}

type NewUserDialogProps = { readonly isOpen: boolean; readonly onClose: () => void };

function NewUserDialog({ isOpen, onClose }: NewUserDialogProps): ReactNode {
  const [username, setUsername] = useState("");
  const [isPlatform, setIsPlatform] = useState(false);
  return (
    <ConfirmDialog
      title="Make a user"
      about="The user may do nothing until it has a role in a tenant. Then give a one-time link."
      act="Make"
      isChosen={username.trim() !== ""}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() =>
        changePeople({
          method: "POST",
          path: ["users"],
          body: { username: username.trim(), is_platform_admin: isPlatform },
        })
      }
    >
      <TextField label="Username" value={username} onChange={setUsername} />
      <CheckField
        label="Administers the platform"
        hint="Tenants, users and health; device rows only with a role in a tenant."
        isChecked={isPlatform}
        onChange={setIsPlatform}
      />
    </ConfirmDialog>
  );
}

type SwitchDialogProps = { readonly user: User | undefined; readonly onClose: () => void };

function SwitchDialog({ user, onClose }: SwitchDialogProps): ReactNode {
  const isDisabled = user?.is_disabled === true;
  return (
    <ConfirmDialog
      title={`${isDisabled ? "Enable" : "Disable"} ${user?.username ?? ""}`}
      about={
        isDisabled
          ? "The user may log in again."
          : "The user's sessions end. It can be enabled again."
      }
      act={isDisabled ? "Enable" : "Disable"}
      isOpen={user !== undefined}
      onClose={onClose}
      onConfirm={() =>
        changePeople({
          method: "PATCH",
          path: ["users", user?.username ?? ""],
          body: { is_disabled: !isDisabled },
        })
      }
    />
  );
}
