import { useParams } from "@tanstack/react-router";
import { Plus, Users } from "lucide-react";
import { useState, type ReactNode } from "react";

import { changePeople, membersQuery, setMember, type Member } from "../../calls/people.ts";
import { ROLES, useRefusalButOfPlatform, type Role } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { SelectField, TextField } from "../../parts/fields.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";

/** Who may work in the tenant; for the platform's administrator also all users of the core. */
export function UsersPage(): ReactNode {
  const { tenant } = useParams({ from: "/t/$tenant" });
  const refusal = useRefusalButOfPlatform(tenant, "admin");
  const [isAdding, setIsAdding] = useState(false);
  const [changing, setChanging] = useState<Member | undefined>(undefined);
  const [removing, setRemoving] = useState<string | undefined>(undefined);
  return (
    <>
      <PageHeader
        title="Users"
        about="Who may work in this tenant, and as what."
        acts={
          <Button kind="primary" refusal={refusal} onClick={() => setIsAdding(true)}>
            <Plus size={15} aria-hidden />
            Add a member
          </Button>
        }
      />
      <PagedList
        title="Members"
        pageQuery={(wanted) => membersQuery(tenant, wanted)}
        find="Name of a member"
        empty={<EmptyState icon={Users} title="Nobody has a role here yet" />}
      >
        {(members) => (
          <Members {...{ members, refusal }} onChange={setChanging} onRemove={setRemoving} />
        )}
      </PagedList>
      <MemberDialog
        key={changing?.username ?? `new ${isAdding}`}
        tenant={tenant}
        member={changing}
        isOpen={isAdding || changing !== undefined}
        onClose={() => {
          setIsAdding(false);
          setChanging(undefined);
        }}
      />
      <ConfirmDialog
        title={`Take ${removing ?? ""}'s role away`}
        about="The user sees nothing of this tenant any more. The role can be given again."
        act="Take away"
        isOpen={removing !== undefined}
        onClose={() => setRemoving(undefined)}
        onConfirm={() =>
          changePeople({ method: "DELETE", path: ["tenants", tenant, "members", removing ?? ""] })
        }
      />
    </>
  );
}

type MembersProps = {
  readonly members: readonly Member[];
  readonly refusal: string | undefined;
  readonly onChange: (member: Member) => void;
  readonly onRemove: (username: string) => void;
};

function Members({ members, refusal, onChange, onRemove }: MembersProps): ReactNode {
  return (
    <Table
      caption="Members"
      columns={[
        {
          id: "user",
          title: "User",
          cell: ({ username, display_name: name }: Member) => (
            <span className="cell-lines">
              <span className="name">{username}</span>
              {name !== username && <span className="sub">{name}</span>}
            </span>
          ),
        },
        { id: "role", title: "Role", cell: ({ role }: Member) => role },
        {
          id: "from",
          title: "Given by",
          cell: ({ by_oidc: byOidc }: Member) =>
            byOidc ? "identity provider" : "an administrator",
        },
        {
          id: "login",
          title: "Last log-in",
          cell: ({ last_login_at: at }: Member) =>
            at === undefined ? <span className="muted">never</span> : <TimeAgo at={at} />,
        },
        {
          id: "state",
          title: "State",
          cell: ({ is_disabled: isDisabled }: Member) =>
            isDisabled ? (
              <StatusBadge tone="idle" icon="ended">
                Disabled
              </StatusBadge>
            ) : (
              <StatusBadge tone="good">May log in</StatusBadge>
            ),
        },
        {
          id: "act",
          title: "Act",
          isNumber: true,
          cell: (member: Member) => (
            <span className="acts">
              <Button refusal={refusal} onClick={() => onChange(member)}>
                Change role
              </Button>
              <Button kind="danger" refusal={refusal} onClick={() => onRemove(member.username)}>
                Take away
              </Button>
            </span>
          ),
        },
      ]}
      rows={members}
      rowKey={({ username }) => username}
    />
  );
}

type MemberDialogProps = {
  readonly tenant: string;
  readonly member: Member | undefined;
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

function MemberDialog({ tenant, member, isOpen, onClose }: MemberDialogProps): ReactNode {
  const [username, setUsername] = useState(member?.username ?? "");
  const [role, setRole] = useState<Role>(member?.role ?? "viewer");
  return (
    <ConfirmDialog
      title={member === undefined ? "Add a member" : `Role of ${member.username}`}
      about="A viewer reads; an operator also runs, changes and decides; an admin also has agents, tokens and members."
      act={member === undefined ? "Add" : "Change"}
      isChosen={username.trim() !== ""}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() => setMember(tenant, username.trim(), role)}
    >
      {member === undefined && (
        <TextField
          label="Username"
          hint="A user of this core; its platform's administrator makes them."
          value={username}
          onChange={setUsername}
        />
      )}
      <SelectField
        label="Role"
        value={role}
        onChange={(next) => setRole(ROLES.find((one) => one === next) ?? "viewer")}
        options={ROLES.map((one) => ({ value: one, label: one }))}
      />
    </ConfirmDialog>
  );
}
