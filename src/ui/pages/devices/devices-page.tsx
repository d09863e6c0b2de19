import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ServerOff } from "lucide-react";
import { useMemo, type ReactNode } from "react";

import {
  devicesTotalQuery,
  type Device,
  type DevicesTotal,
  type DevicesWanted,
} from "../../calls/devices.ts";
import type { View } from "../../calls/views.ts";
import { ColumnChooser } from "../../parts/column-chooser.tsx";
import { readSort, shownColumns, sortText, type Column, type Sort } from "../../parts/column.ts";
import { numberWords } from "../../parts/number-words.ts";
import { PageHeader } from "../../parts/page-header.tsx";
import { EmptyState, ErrorState } from "../../parts/states.tsx";
import { VirtualTable } from "../../parts/virtual-table.tsx";
import { ChipRow } from "./chip-row.tsx";
import { deviceColumns } from "./device-columns.tsx";
import { ExportMenu } from "./export-menu.tsx";
import { JumpField } from "./jump-field.tsx";
import { Picked } from "./picked.tsx";
import { QueryField } from "./query-field.tsx";
import { splitSearch, withSort } from "./query-text.ts";
import { RecentTags } from "./recent-tags.tsx";
import { TagDialog } from "./tag-dialog.tsx";
import { useDevicePages } from "./use-device-pages.ts";
import { usePicks } from "./use-picks.ts";
import { ViewMenu } from "./view-menu.tsx";
import { WrongPlace } from "./wrong-place.tsx";

const route = getRouteApi("/t/$tenant/devices");
/** What the address holds. */
type Search = Readonly<
  Partial<Record<"q" | "query" | "sort" | "columns" | "from", string | undefined>>
>;

/** All devices that pass a filter, sorted by the server; filter, order and columns stand in the URL. */
export function DevicesPage(): ReactNode {
  const { tenant } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: Partial<Search>): void =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const columns = useMemo(() => deviceColumns(tenant), [tenant]);
  const { picked, pick, clear } = usePicks(JSON.stringify([tenant, search.q, search.query]));
  const shown = shownColumns(columns, search.columns?.split(","));
  const sort = readSort(search.sort);
  const wanted = { q: search.q, query: withSort(search.query, sort) };
  const { data: total, isError } = useQuery(
    devicesTotalQuery(tenant, { q: search.q, query: search.query }),
  );
  return (
    <>
      <PageHeader
        title="Devices"
        about={isError ? "Not counted" : totalWords(total)}
        acts={<PageActs {...{ tenant, search, columns, shown, sort, total, picked, change }} />}
      />
      <QueryField
        key={search.query ?? search.q ?? ""}
        initial={search.query ?? search.q ?? ""}
        onSearch={(typed) =>
          change({ q: undefined, query: undefined, from: undefined, ...splitSearch(typed) })
        }
      />
      <div className="list-head">
        <ChipRow q={search.q} query={search.query} onChange={change} />
        <Picked count={picked.size} onClear={clear} />
        <JumpField
          key={`${search.sort} ${search.from}`}
          title={columns.find(({ sortBy }) => sortBy !== undefined && sortBy === sort?.by)?.title}
          initial={search.from ?? ""}
          onJump={(from) => change({ from })}
        />
      </div>
      <DeviceTable
        key={JSON.stringify([tenant, wanted, search.from])}
        tenant={tenant}
        wanted={wanted}
        columns={[pick, ...shown]}
        from={sort === undefined ? undefined : search.from}
        sort={sort}
        total={total?.isEstimate === false ? total.count : undefined}
        onSort={(next) =>
          change({ sort: next === undefined ? undefined : sortText(next), from: undefined })
        }
      />
    </>
  );
}

function totalWords(total: DevicesTotal | undefined): string {
  if (total === undefined) return "Counting…";
  return `${total.isEstimate ? "about " : ""}${numberWords(total.count)} devices`;
}

type PageActsProps = {
  readonly tenant: string;
  readonly search: Search;
  readonly columns: readonly Column<Device>[];
  readonly shown: readonly Column<Device>[];
  readonly sort: Sort | undefined;
  readonly total: DevicesTotal | undefined;
  readonly picked: ReadonlySet<string>;
  readonly change: (changed: Partial<Search>) => void;
};

function PageActs(props: PageActsProps): ReactNode {
  const { tenant, search, columns, shown, sort, total, picked, change } = props;
  return (
    <>
      <ViewMenu
        tenant={tenant}
        now={{
          query: search.query ?? "",
          columns: shown.map(({ id }) => id),
          sort: sort === undefined ? [] : [{ field: sort.by, descending: sort.isDescending }],
        }}
        onOpen={(view) => change(searchOf(view))}
      />
      <TagDialog
        tenant={tenant}
        picked={picked}
        q={search.q}
        query={search.query}
        all={totalWords(total)}
      />
      <RecentTags tenant={tenant} />
      <ExportMenu tenant={tenant} q={search.q} query={withSort(search.query, sort)} />
      <ColumnChooser
        columns={columns}
        shown={shown}
        onChoose={(ids) => change({ columns: ids?.join(",") })}
      />
    </>
  );
}

/** A kept view as the address has it. */
function searchOf({ query, columns, sort: [first] }: View): {
  readonly q: undefined;
  readonly query: string | undefined;
  readonly columns: string | undefined;
  readonly sort: string | undefined;
  readonly from: undefined;
} {
  return {
    q: undefined,
    from: undefined,
    query: query === "" ? undefined : query,
    columns: columns.length === 0 ? undefined : columns.join(","),
    sort:
      first === undefined
        ? undefined
        : sortText({ by: first.field, isDescending: first.descending }),
  };
}

type DeviceTableProps = {
  readonly tenant: string;
  readonly wanted: DevicesWanted;
  readonly columns: readonly Column<Device>[];
  readonly from: string | undefined;
  readonly sort: Sort | undefined;
  readonly total: number | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
};

function DeviceTable({
  tenant,
  wanted,
  columns,
  from,
  sort,
  total,
  onSort,
}: DeviceTableProps): ReactNode {
  const pages = useDevicePages(tenant, wanted, from);
  if (pages.error !== undefined) {
    return (
      <div className="panel fills">
        <ErrorState error={pages.error} retry={pages.retry} />
        <WrongPlace error={pages.error} query={wanted.query ?? ""} />
      </div>
    );
  }
  if (pages.isEmpty) {
    return (
      <div className="panel fills">
        <EmptyState icon={ServerOff} title="No device passes">
          Names are found by their beginning; addresses, MACs and serials as a whole.
        </EmptyState>
      </div>
    );
  }
  return (
    <VirtualTable
      caption="Devices"
      isPinned
      columns={columns}
      count={pages.count}
      rowsAbove={pages.rowsAbove}
      rowAt={pages.rowAt}
      sort={sort}
      onSort={onSort}
      onSeen={pages.onSeen}
      total={total}
      isWithin={from !== undefined}
    />
  );
}
