import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ServerOff } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";

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
import type { Place } from "../../parts/pages-known.ts";
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
> & { readonly end?: true | undefined };
/** Another list, or the same in another order, is entered at its beginning. */
const AT_BEGINNING = { from: undefined, end: undefined } as const;

/** All devices that pass a filter, sorted by the server; filter, order and columns stand in the URL. */
export function DevicesPage(): ReactNode {
  const { tenant } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  // The router would scroll the next table to where the one before stood: it keeps that under the address that is replaced.
  const change = (changed: Partial<Search>): void =>
    void navigate({ search: { ...search, ...changed }, replace: true, resetScroll: false });
  const columns = useMemo(() => deviceColumns(tenant), [tenant]);
  const { picked, pick, clear } = usePicks(JSON.stringify([tenant, search.q, search.query]));
  const shown = shownColumns(columns, search.columns?.split(","));
  const sort = readSort(search.sort);
  const wanted = { q: search.q, query: withSort(search.query, sort) };
  const entry = entryOf(search, sort);
  // A key that leads to an end makes the table anew; the next key should find it.
  const [isByKey, setByKey] = useState(false);
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
        tenant={tenant}
        key={search.query ?? search.q ?? ""}
        initial={search.query ?? search.q ?? ""}
        onSearch={(typed) =>
          change({ q: undefined, query: undefined, ...AT_BEGINNING, ...splitSearch(typed) })
        }
      />
      <div className="list-head">
        <ChipRow
          tenant={tenant}
          q={search.q}
          query={search.query}
          onChange={(filter) => change({ ...filter, end: undefined })}
        />
        <Picked count={picked.size} onClear={clear} />
        <JumpField
          key={`${search.sort} ${search.from}`}
          title={columns.find(({ sortBy }) => sortBy !== undefined && sortBy === sort?.by)?.title}
          initial={search.from ?? ""}
          onJump={(from) => change({ ...AT_BEGINNING, from })}
        />
      </div>
      <DeviceTable
        key={JSON.stringify([tenant, wanted, entry])}
        tenant={tenant}
        wanted={wanted}
        columns={[pick, ...shown]}
        entry={entry}
        isByKey={isByKey}
        onEnter={(place) => {
          setByKey(true);
          change({ ...AT_BEGINNING, ...place });
        }}
        sort={sort}
        total={total?.isEstimate === false ? total.count : undefined}
        onSort={(next) =>
          change({ sort: next === undefined ? undefined : sortText(next), ...AT_BEGINNING })
        }
      />
    </>
  );
}

/** Where the list is entered; only one that is sorted has an order that a value enters. */
function entryOf({ from, end }: Search, sort: Sort | undefined): Place {
  if (end === true) return { end };
  return sort === undefined || from === undefined ? {} : { from };
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
  readonly end: undefined;
} {
  return {
    q: undefined,
    ...AT_BEGINNING,
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
  readonly entry: Place;
  /** Whether a key led there. */
  readonly isByKey: boolean;
  readonly onEnter: (entry: { readonly end?: true }) => void;
  readonly sort: Sort | undefined;
  readonly total: number | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
};

function DeviceTable({
  tenant,
  wanted,
  columns,
  entry,
  isByKey,
  onEnter,
  sort,
  total,
  onSort,
}: DeviceTableProps): ReactNode {
  const pages = useDevicePages(tenant, wanted, entry);
  if (pages.error !== undefined) {
    return (
      <div className="panel fills">
        <ErrorState error={pages.error} retry={pages.retry} />
        <WrongPlace error={pages.error} query={wanted.query ?? ""} />
      </div>
    );
  }
  if (pages.isEmpty && wanted.q === undefined && wanted.query === undefined) {
    return (
      <div className="panel fills">
        <EmptyState icon={ServerOff} title="No devices yet">
          They come with the first run of a source.
        </EmptyState>
      </div>
    );
  }
  if (pages.isEmpty) {
    return (
      <div className="panel fills">
        <EmptyState icon={ServerOff} title="No device passes">
          Names are found by their beginning, addresses, MACs and serials as a whole. Take a
          condition away, or clear them all.
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
      isWithin={entry.from !== undefined || entry.end === true}
      isFromEnd={entry.end === true}
      isFocused={isByKey}
      onHome={pages.isBeginReached ? undefined : () => onEnter({})}
      onEnd={pages.isEndReached ? undefined : () => onEnter({ end: true })}
    />
  );
}
