import { Bookmark } from "lucide-react";
import type { ReactNode } from "react";

import { viewsQuery, type View } from "../../calls/views.ts";
import { Button } from "../../parts/button.tsx";
import type { Column } from "../../parts/column.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { PagedList } from "../../parts/paged-list.tsx";
import { EmptyState } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";

type Acts = {
  readonly onOpen: (view: View) => void;
  readonly onForget: (view: View) => void;
  readonly onClose: () => void;
};

/** More kept views than a menu has room for, page by page. */
export function AllViews({ tenant, ...acts }: Acts & { readonly tenant: string }): ReactNode {
  return (
    <Dialog
      title="Views"
      about="Yours first, then those that others share."
      isOpen
      isWide
      onClose={acts.onClose}
    >
      <PagedList
        pageQuery={(wanted) => viewsQuery(tenant, wanted)}
        find="Name"
        empty={<EmptyState icon={Bookmark} title="No view is kept yet" />}
      >
        {(views) => (
          <Table
            caption="Views"
            columns={columnsOf(acts)}
            rows={views}
            rowKey={({ owner, name }) => `${owner} ${name}`}
          />
        )}
      </PagedList>
    </Dialog>
  );
}

function columnsOf({ onOpen, onForget, onClose }: Acts): readonly Column<View>[] {
  const then = (act: (view: View) => void, view: View) => () => {
    onClose();
    act(view);
  };
  return [
    { id: "name", title: "View", cell: ({ name }) => <span className="name">{name}</span> },
    {
      id: "owner",
      title: "Whose",
      cell: ({ owner, is_own: isOwn, shared }) =>
        isOwn ? (shared ? "yours, shared" : "yours") : owner,
    },
    {
      id: "act",
      title: "Act",
      isNumber: true,
      cell: (view) => (
        <span className="row">
          {view.is_own && <Button onClick={then(onForget, view)}>Forget</Button>}
          <Button onClick={then(onOpen, view)}>Open</Button>
        </span>
      ),
    },
  ];
}
