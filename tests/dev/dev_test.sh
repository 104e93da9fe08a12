#!/usr/bin/env bash
# Tests ./dev (argument: its path) in a small copy of the course whose cmake, ninja, pip, apt-get and
# dpkg-query are stand-ins that write down how they were called.
set -uo pipefail

SCRIPT=$(realpath "$1")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
TREE=$WORK/tree
CALLS=$WORK/calls
FAULTS=0
export CALLS

check() {  # check WHAT COMMAND...: says so when COMMAND fails
  local what=$1
  shift
  if ! "$@"; then
    echo "FAILED: $what"
    sed 's/^/  | /' "$WORK/out"
    FAULTS=$((FAULTS + 1))
  fi
}
dev() {  # runs ./dev with the stand-ins; keeps output, status and the calls made
  : >"$CALLS"
  "$TREE/dev" "$@" >"$WORK/out" 2>&1 </dev/null
  STATUS=$?
}
said() { grep -q -e "$1" "$WORK/out"; }
called() { grep -q -e "$1" "$CALLS"; }
not() { ! "$@"; }

fake() {  # fake NAME: a program of that name whose body is on standard input
  # shellcheck disable=SC2016
  { printf '#!/bin/bash\necho "%s $*" >>"$CALLS"\n' "$1"; cat; } >"$WORK/bin/$1"
  chmod +x "$WORK/bin/$1"
}

mkdir -p "$TREE/week01_first/exercises/01.1_sum" "$TREE/week02_second" "$TREE/tests" "$WORK/bin"
cp "$SCRIPT" "$TREE/dev"
echo '{}' >"$TREE/CMakePresets.json"
echo 'tensorboard==1' >"$TREE/tests/requirements.txt"
touch "$TREE"/week0{1_first,2_second}/main.cpp
echo '// unsolved' >"$TREE/week01_first/exercises/01.1_sum/unsolved.cpp"
touch "$TREE/week01_first/exercises/01.1_sum/check.cpp"

# All packages are installed unless the file says which is missing.
fake dpkg-query <<'SH'
for name in "${@:4}"; do
  grep -q -x "$name" "$CALLS.missing" 2>/dev/null || printf 'installed:%s ' "$name"
done
SH
fake apt-get <<'SH'
rm -f "$CALLS.missing"
SH
fake sudo <<'SH'
exit 1
SH
fake nvidia-smi <<'SH'
exit 1
SH
# An environment gets a python whose pip makes a LibTorch, or dies half-way when told to.
fake python3 <<'SH'
mkdir -p "$3/bin" "$3/lib/python3.11/site-packages/torch"
cat >"$3/bin/python" <<'PIP'
#!/bin/bash
echo "pip $*" >>"$CALLS"
echo half >"${0%/bin/python}/rest"
if [[ -e $CALLS.kill ]]; then
  kill -9 $PPID
  sleep 1  # outlives ./dev and goes on writing
  echo late >"${0%/bin/python}/late"
  exit 1
fi
if [[ -e $CALLS.offline ]]; then echo 'ERROR: no network'; exit 1; fi
PIP
chmod +x "$3/bin/python"
SH
fake cmake <<'SH'
while (($#)); do
  case $1 in -S) root=$2 ;; --preset) preset=$2 ;; esac
  shift
done
mkdir -p "$root/build/$preset/bin"
if [[ -e $CALLS.kill ]]; then kill -9 $PPID; exit 1; fi
ls "$root"/week*/exercises/*/mine.cpp 2>/dev/null | sed 's/.*/exercise_01.1: /' >"$root/build/$preset/build.ninja"
SH
fake ninja <<'SH'
name=${!#}
if [[ " $* " == *" -n "* ]]; then
  if [[ -e $2/bin/$name ]]; then echo 'ninja: no work to do.'; fi
  exit
fi
if [[ $name == nosuch ]]; then echo "ninja: error: unknown target 'nosuch'"; exit 1; fi
printf '#!/bin/bash\npwd\nprintf "[%%s]" "$@"\nexit 7\n' >"$2/bin/$name"
chmod +x "$2/bin/$name"
SH
export PATH=$WORK/bin:$PATH
unset LIBTORCH_ROOT Torch_DIR CMAKE_PREFIX_PATH DATA_MIRROR

# The command line.
dev
check "alone, it lists its verbs" said '^  doctor '
check "alone, it exits with 0" [ "$STATUS" = 0 ]
dev bild
check "an unknown verb: the nearest is named" said "nearest is 'build'"
check "an unknown verb: exit 2" [ "$STATUS" = 2 ]
for verb in $("$TREE/dev" | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
  check "$verb is listed and there" grep -q "^verb_$verb() {" "$TREE/dev"
done
dev bench
check "bench without a week: told" said 'bench wants a week'
check "bench without a week: exit 2" [ "$STATUS" = 2 ]
dev run week01_frist
check "an unknown week: the nearest is named" said "nearest is 'week01_first'"
check "an unknown week: exit 2" [ "$STATUS" = 2 ]
check "an unknown week: one line" [ "$(wc -l <"$WORK/out")" = 1 ]
check "an unknown week: nothing was set up" not called .
dev build --preset relaese
check "an unknown preset: exit 2" [ "$STATUS" = 2 ]
dev exercise 01.7
check "an unknown exercise: the nearest is named" said "nearest is '01.1'"
dev test --requier-data
check "an unknown flag: exit 2" [ "$STATUS" = 2 ]
dev setup --torch
check "a flag without its value: exit 2" [ "$STATUS" = 2 ]

# Interrupted set-up: killed while pip runs, then while cmake runs.
touch "$CALLS.kill"
dev run week01_first
check "killed in pip: half an environment is left" [ -e "$TREE/.dev/libtorch-cpu/rest" ]
rm "$CALLS.kill"
touch "$CALLS.offline"
dev run week01_first
check "the next call waits for what was left running" said 'waiting for it'
check "and throws away what that wrote" not [ -e "$TREE/.dev/libtorch-cpu/late" ]
check "pip fails: exit 1" [ "$STATUS" = 1 ]
check "pip fails: its log is shown" said 'no network'
rm "$CALLS.offline"
echo old >"$TREE/.dev/libtorch-cpu/leftover"
dev setup
check "after that, set-up succeeds" [ "$STATUS" = 0 ]
check "half an environment was made anew" not [ -e "$TREE/.dev/libtorch-cpu/leftover" ]
rm -rf "$TREE/build"
touch "$CALLS.kill"
dev run week01_first
rm "$CALLS.kill"
dev run week01_first
check "killed in cmake: configured afresh" called 'cmake .*--fresh'

# Running.
mkdir "$WORK/elsewhere"
cd "$WORK/elsewhere" || exit 1
dev run week01 "a b" --flag
check "a week runs where it was called" said "^$WORK/elsewhere\$"
check "arguments arrive as they were given" said '\[a b\]\[--flag\]'
check "the week's exit code is passed on" [ "$STATUS" = 7 ]
check "a second call asks ninja alone" [ "$(cut -d' ' -f1 "$CALLS" | sort -u)" = ninja ]
dev build nosuch
check "an unknown target: exit 2" [ "$STATUS" = 2 ]

# Packages.
rm "$TREE/.dev/packages"
printf 'mold\nlibwebp-dev\n' >"$CALLS.missing"
dev setup
if ((EUID == 0)); then
  check "as root: the missing are installed, and only they" called 'apt-get .*install --no-install-recommends mold libwebp-dev$'
else
  check "without root: the missing are named in one line" said 'apt-get install mold libwebp-dev$'
  check "without root: nothing is installed" not called 'apt-get'
  check "without root: it goes on" [ "$STATUS" = 0 ]
  rm -f "$CALLS.missing"
fi

# A LibTorch of the user's own, and the choice remembered.
mkdir -p "$WORK/own/include/ATen/core" "$WORK/own/lib"
touch "$WORK/own/include/ATen/core/Tensor.h" "$WORK/own/lib/libtorch_cpu.so"
LIBTORCH_ROOT=$WORK/own dev setup
check "a LibTorch of one's own is taken" [ "$(<"$TREE/.dev/torch")" = "own $WORK/own" ]
dev setup
check "and remembered" [ "$(<"$TREE/.dev/torch")" = "own $WORK/own" ]
LIBTORCH_ROOT=$WORK/nothing dev setup
check "a wrong LIBTORCH_ROOT: one line that names it" said "LIBTORCH_ROOT=$WORK/nothing holds no LibTorch"
dev setup --torch cuda
check "--torch cuda installs the whole wheel" called 'pip .* torch==[0-9.]*$'
check "--torch cuda is remembered" [ "$(<"$TREE/.dev/torch")" = cuda ]

# Exercises.
dev exercise 01.1
check "the learner's file is made from unsolved.cpp" cmp -s "$TREE/week01_first/exercises/01.1_sum/"{unsolved,mine}.cpp
check "and its check runs" [ "$STATUS" = 7 ]
echo '// my work' >"$TREE/week01_first/exercises/01.1_sum/mine.cpp"
dev exercise 01.1
check "the learner's work is kept" grep -q 'my work' "$TREE/week01_first/exercises/01.1_sum/mine.cpp"

# Cleaning.
mkdir -p "$TREE/data/mnist" "$TREE/data/tiny" "$TREE/runs"
dev clean
check "clean removes what was built" not [ -e "$TREE/build" ]
check "clean removes what was installed" not [ -e "$TREE/.dev" ]
check "clean says how much" said 'freed [0-9]'
check "clean keeps data and runs" [ -d "$TREE/data/mnist" -a -d "$TREE/runs" ]
dev clean --all
check "clean --all takes data" not [ -e "$TREE/data/mnist" ]
check "clean --all keeps what is ours" [ -d "$TREE/data/tiny" ]

if command -v shellcheck >/dev/null; then
  shellcheck "$SCRIPT" >"$WORK/out" 2>&1
  check "shellcheck finds nothing" [ $? = 0 ]
fi
if ((FAULTS)); then
  echo "$FAULTS checks failed"
  exit 1
fi
echo "all checks passed"
