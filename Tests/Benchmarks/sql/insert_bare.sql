-- A failure as a producer inserts it.
\set n random(1, 1000000000)
INSERT INTO public.bare_jobs (kind, customer_id, payload)
VALUES ('compliance_failure', 'customer-' || (:n % 16),
        jsonb_build_object(
            'controlId', 'AWS_CONTROL_' || :n, 'controlTitle', 'IAM MFA Enforcement', 'severity', 'high',
            'failureReason', '6 of 14 IAM users have no MFA device: alice, bob, carol, dave, erin, frank',
            'affectedSystems', jsonb_build_array('aws:123456789012', 'aws:210987654321')));
