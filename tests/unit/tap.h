/* Runs what is registered with CUnit and prints it as TAP, which automake's test harness reads.
 *
 *	int main(void)
 *	{
 *		CU_TestInfo tests[] = {{"adds", test_adds}, CU_TEST_INFO_NULL};
 *		CU_SuiteInfo suites[] = {{"buffer", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
 *		return tap_main(suites);
 *	}
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints why the test just run failed, below its line as TAP has it: each failed assertion, or why it could not be run. */
static inline void tap_diagnose(CU_ErrorCode error)
{
	if (error != CUE_SUCCESS)
		printf("# %s\n", CU_get_error_msg());
	for (CU_pFailureRecord f = CU_get_failure_list(); f != NULL; f = f->pNext)
		printf("# %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
		       f->strCondition ? f->strCondition : "failed");
}

/* Registers the suites and runs every test by itself; a suite's init and cleanup run around each test. Returns the exit code for main: 0 when all passed. */
static inline int tap_main(CU_SuiteInfo *suites)
{
	CU_pTestRegistry registry;
	unsigned number = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
		printf("Bail out! CUnit: %s\n", CU_get_error_msg());
		return 99;
	}
	registry = CU_get_registry();
	printf("1..%u\n", registry->uiNumberOfTests);
	for (CU_pSuite suite = registry->pSuite; suite != NULL; suite = suite->pNext) {
		for (CU_pTest test = suite->pTest; test != NULL; test = test->pNext) {
			CU_ErrorCode error = CU_run_test(suite, test);
			bool bad = error != CUE_SUCCESS || CU_get_failure_list() != NULL;

			printf("%sok %u - %s: %s\n", bad ? "not " : "", ++number, suite->pName, test->pName);
			if (bad) {
				tap_diagnose(error);
				failed++;
			}
		}
	}
	CU_cleanup_registry();
	return failed != 0;
}

#endif
