# Runs the suites under $sanitizer against the private PostgreSQL; sourced by deploy/test, with the options of `swift test` as $@.
reports=$directory/reports
mkdir -p "$reports"
symbolizer=$(dirname "$(readlink -f "$(command -v swift)")")/llvm-symbolizer
[ -x "$symbolizer" ] || symbolizer=$(command -v llvm-symbolizer) || fail "llvm-symbolizer is missing" "install Debian's package llvm"
common="log_path=$reports/report external_symbolizer_path=$symbolizer exitcode=66"
case "$sanitizer" in
thread)
    # What a Mutex does when two threads want it at once must be shown to Thread Sanitizer.
    "$(dirname "$symbolizer")/clang" -shared -fPIC -O1 -o "$directory/visible_mutex.so" Tests/Sanitizers/visible_mutex.c
    export TSAN_OPTIONS="$common suppressions=$PWD/Tests/Sanitizers/thread.supp history_size=4 second_deadlock_stack=1"
    export LD_PRELOAD=$directory/visible_mutex.so VISIBLE_MUTEX_LOG=$directory/contended
    ;;
address)
    export ASAN_OPTIONS="$common detect_leaks=1 detect_stack_use_after_return=1"
    export LSAN_OPTIONS="suppressions=$PWD/Tests/Sanitizers/leaks.supp print_suppressions=0"
    ;;
esac

# Everything takes several times as long: with more tests at once they would run into their own time limits.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-3}
failed=''
if [ $# -gt 0 ]; then
    swift test --skip-build "${options[@]}" "$@" || failed=' tests'
else
    for target in PostgresTests HTTPTests JobsTests JiraTests; do
        say "Running $target under the $sanitizer sanitizer"
        swift test --skip-build "${options[@]}" --filter "^$target\\." || failed="$failed $target"
    done
fi
unset LD_PRELOAD
if [ "$sanitizer" = thread ] && [ $# -eq 0 ] && [ ! -s "$directory/contended" ]; then
    fail "no Mutex was ever seen to be wanted twice" "Swift may have renamed its functions; see Tests/Sanitizers/visible_mutex.c"
fi
if compgen -G "$reports/report.*" >/dev/null; then
    cat "$reports"/report.*
    fail "the $sanitizer sanitizer has something to report" "mend it, or explain in Tests/Sanitizers why it is no fault"
fi
[ -z "$failed" ] || fail "tests failed in$failed"
say "All tests passed, and the $sanitizer sanitizer has nothing to report"
