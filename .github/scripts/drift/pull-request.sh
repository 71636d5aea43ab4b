#!/usr/bin/env bash
# Keeps one pull request with the refreshed documents: pull-request.sh REPORT RESULT
#
# Needs GH_TOKEN, GITHUB_REPOSITORY, BASE and BRANCH. The token of a workflow may not use every
# command of gh, so the calls are those of the REST API.
set -euo pipefail

report=$1
result=$2
title="Refresh the API documents"
bot="41898282+github-actions[bot]@users.noreply.github.com"
repository="repos/$GITHUB_REPOSITORY"
owner=${GITHUB_REPOSITORY%%/*}

git config user.name "github-actions[bot]"
git config user.email "$bot"
gh auth setup-git

git add --all
mapfile -t changed < <(git diff --cached --name-only HEAD)
there=$(git ls-remote origin "refs/heads/$BRANCH" | cut -f 1)
if [ -n "$there" ]; then
  git fetch --quiet origin "+refs/heads/$BRANCH:refs/remotes/origin/$BRANCH"
fi
open=$(gh api "$repository/pulls?state=open&head=$owner:$BRANCH" --jq '.[0].number // empty')

# Whether somebody else has committed to the branch.
edited() {
  [ -n "$there" ] || return 1
  local people
  people=$(git log --format='%ae%n%ce' "HEAD..origin/$BRANCH")
  [ -n "$(grep --invert-match --fixed-strings --line-regexp "$bot" <<<"$people")" ]
}

if [ "${#changed[@]}" -eq 0 ]; then
  if [ -n "$open" ]; then
    gh api --silent "$repository/issues/$open/comments" \
      -f body="The API publishes the documents of \`$BASE\` again, so nothing is left to refresh."
    gh api --silent --method PATCH "$repository/pulls/$open" -f state=closed
    if ! edited; then
      git push --quiet --force-with-lease="$BRANCH:$there" origin ":$BRANCH"
    fi
  fi
  echo "The documents are up to date."
  exit 0
fi

if [ -n "$there" ] && git diff --cached --quiet "origin/$BRANCH" -- "${changed[@]}"; then
  last=$(gh api "$repository/pulls?state=all&head=$owner:$BRANCH" --jq '.[0].head.sha // empty')
  if [ -n "$open" ] || [ "$last" = "$there" ]; then
    echo "The branch has these documents already."
    exit 0
  fi
elif edited; then
  # On top of what others have committed.
  documents=$(git stash create)
  git reset --quiet --hard
  git switch --quiet --force-create "$BRANCH" "origin/$BRANCH"
  git checkout --quiet "$documents" -- "${changed[@]}"
  git commit --quiet --message "$title"
  git push --quiet origin "$BRANCH"
else
  git switch --quiet --force-create "$BRANCH"
  git commit --quiet --message "$title"
  git push --quiet --force-with-lease="$BRANCH:$there" origin "$BRANCH"
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  cat "$result"
  echo
  cat "$report"
} >"$body"
if [ -n "$open" ]; then
  gh api --silent --method PATCH "$repository/pulls/$open" -f title="$title" -F body="@$body"
else
  gh api --silent "$repository/pulls" \
    -f title="$title" -f head="$BRANCH" -f base="$BASE" -F body="@$body"
fi
# What this token pushes starts no workflow by itself; the long checks are for the schedule.
gh api --silent "$repository/actions/workflows/tests.yml/dispatches" \
  -f ref="$BRANCH" -f "inputs[full]=false"
