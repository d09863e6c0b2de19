import { keepPreviousData, useQuery, type UseQueryOptions } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { FIRST_PLACE, type ListPage, type ListWanted, type Places } from "../calls/list-page.ts";
import { Button } from "./button.tsx";
import { TextField } from "./fields.tsx";
import { Panel } from "./panel.tsx";
import { Loaded } from "./states.tsx";

type PagedListProps<Row> = {
  /** Asks for a page of it. */
  readonly pageQuery: (
    wanted: ListWanted,
  ) => Pick<UseQueryOptions<ListPage<Row>>, "queryKey" | "queryFn" | "refetchInterval">;
  /** What is looked for in it, such as "Name or host"; absent: nothing can be. */
  readonly find?: string;
  readonly title?: string;
  readonly acts?: ReactNode;
  /** Stands there where the whole list is empty. */
  readonly empty: ReactNode;
  /** Draws the rows of a page. */
  readonly children: (rows: readonly Row[]) => ReactNode;
};

/** A list that may be long: one page of it is asked for, kept and drawn. The core finds what is looked for, over all pages. */
export function PagedList<Row>(props: PagedListProps<Row>): ReactNode {
  const { pageQuery, find, title, acts, empty, children } = props;
  const [q, setText] = useState("");
  const [places, setPlaces] = useState<Places>(FIRST_PLACE);
  const wanted = { q, after: places.at(-1) };
  const query = useQuery<ListPage<Row>>({
    ...pageQuery(wanted),
    placeholderData: keepPreviousData,
  });
  const next = query.data?.next;
  const isLong = next !== undefined || places.length > 1 || q !== "";
  const look = (text: string): void => {
    setText(text);
    setPlaces(FIRST_PLACE);
  };
  return (
    <>
      {find !== undefined && isLong && (
        <div className="columns-2">
          <TextField label="Find" placeholder={find} data-search value={q} onChange={look} />
        </div>
      )}
      <Panel {...(title === undefined ? {} : { title })} padded={false} acts={acts}>
        <Loaded query={query} lines={6}>
          {({ rows }) => (
            <>
              {rows.length > 0 ? children(rows) : isLong ? <NoneFound q={q} /> : empty}
              {(next !== undefined || places.length > 1) && (
                <PageFoot places={places} next={next} onTurn={setPlaces} />
              )}
            </>
          )}
        </Loaded>
      </Panel>
    </>
  );
}

function NoneFound({ q }: { readonly q: string }): ReactNode {
  return (
    <div className="empty" role="status">
      <p>{q === "" ? "Nothing more stands here." : `Nothing holds "${q.trim()}".`}</p>
    </div>
  );
}

type PageFootProps = {
  readonly places: Places;
  readonly next: string | undefined;
  readonly onTurn: (places: Places) => void;
};

/** Which page it is, and the ways to those beside it. */
function PageFoot({ places, next, onTurn }: PageFootProps): ReactNode {
  return (
    <div className="table-foot">
      <span>Page {places.length}</span>
      <span className="row">
        <Button disabled={places.length === 1} onClick={() => onTurn(places.slice(0, -1))}>
          Previous
        </Button>
        <Button disabled={next === undefined} onClick={() => onTurn([...places, next])}>
          Next
        </Button>
      </span>
    </div>
  );
}
