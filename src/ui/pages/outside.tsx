import type { ReactNode } from "react";

type OutsideProps = {
  readonly title: string;
  readonly about?: ReactNode;
  readonly children: ReactNode;
};

/** The frame of pages for who is not logged in. */
export function Outside({ title, about, children }: OutsideProps): ReactNode {
  return (
    <main className="outside">
      <div className="outside-card">
        <div className="brand">
          <img src="/icon.svg" alt="" />
          ServiceRadar Sync
        </div>
        <div className="stack-s">
          <h1>{title}</h1>
          {about !== undefined && <p className="muted">{about}</p>}
        </div>
        {children}
      </div>
    </main>
  );
}
