"""The yardstick of previews: a bare FastAPI endpoint with the same body and answer models."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI

from services.eligibility.previews.api import Ask, PreviewView
from tests.bench.eligibility_people import ANSWER

app = FastAPI()


@app.post("/previews")
async def bare(ask: Ask) -> PreviewView:
    """Read the question, give a fixed answer."""
    return ANSWER


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
