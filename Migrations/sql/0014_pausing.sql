-- `kushim-jira connections pause` and `resume` are run by whoever may work as the daemon. It can hold a customer's jobs back and
-- let them go on; what the customer's settings are, the owner alone decides.
GRANT INSERT (customer_id, paused), UPDATE (paused, changed_at) ON kushim_jira.connections TO kushim_jira_worker;
