"""What scores are made of, and the scores, every version of them."""

from __future__ import annotations

from shared.ground.v1 import protect, roles, run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE scored_visits (
    visit_id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    planned_on date NOT NULL,
    deviation text,
    missed_reason text,
    CHECK (deviation IS NULL OR missed_reason IS NULL)
);
CREATE INDEX scored_visits_of_day ON scored_visits (planned_on);
CREATE TABLE scored_ratings (
    visit_id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5)
);
CREATE TABLE scores (
    provider_id text NOT NULL,
    district text NOT NULL,
    month_on date NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    points integer NOT NULL CHECK (points BETWEEN 0 AND 100),
    planned integer NOT NULL,
    done integer NOT NULL CHECK (done <= planned),
    on_time integer NOT NULL CHECK (on_time <= done),
    excused integer NOT NULL,
    feedbacks integer NOT NULL CHECK (feedbacks <= done),
    rating_sum integer NOT NULL,
    instrument text NOT NULL,
    scored_on date NOT NULL,
    sub text NOT NULL,
    PRIMARY KEY (month_on, district, provider_id, version)
);
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("evaluation", "scored_visits", agency="provider_id")
    protect("evaluation", "scored_ratings", agency="provider_id", writes="SELECT, INSERT")
    protect("evaluation", "scores", area="district", agency="provider_id", writes="SELECT, INSERT")
    # Scores are published (N-55): everybody may read them, the district alone writes its own.
    run_script(
        "CREATE POLICY published ON scores FOR SELECT TO {app} USING (true)".format(
            **roles("evaluation")
        )
    )


def downgrade() -> None:
    run_script("DROP TABLE scores, scored_ratings, scored_visits;")
