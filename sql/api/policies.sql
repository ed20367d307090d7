-- Row-level security: every table with a scope, right and scope both. Replaced as a whole at each upgrade.

DO $$
DECLARE
  r regclass;
BEGIN
  -- FORCE binds the owner too; its functions, each in the list of SECURITY DEFINER functions, ask for scope themselves.
  FOR r IN SELECT oid FROM pg_class WHERE relnamespace = 'kidoban'::regnamespace AND relrowsecurity LOOP
    EXECUTE format('CREATE POLICY owner_all ON %s TO kidoban_owner USING (true) WITH CHECK (true)', r);
  END LOOP;
  -- What the poller reads or writes for all controllers; which columns and commands, the grants say.
  FOREACH r IN ARRAY '{controller,gate,cred,dept,event_log,event_quarantine,gate_state,controller_state,
      alarm,command,controller_key,controller_stream,uhppote_board}'::regclass[] LOOP
    EXECUTE format('CREATE POLICY poller_all ON %s TO kidoban_gate_poller USING (true) WITH CHECK (true)', r);
  END LOOP;
  FOREACH r IN ARRAY '{access_event,alarm_event,operation_event,management_event}'::regclass[] LOOP
    EXECUTE format('CREATE POLICY poller_insert ON %s FOR INSERT TO kidoban_gate_poller WITH CHECK (true)', r);
    EXECUTE format('CREATE POLICY history_read ON %s FOR SELECT TO kidoban_history USING ('
      '(SELECT kidoban.views_all_gates(''history'')) OR gate IN (SELECT unnest((SELECT kidoban.gates_for(''history''))))'
      ' OR (gate = 0 AND (SELECT kidoban.may_view(''history'')) AND %s))', r,
      CASE r WHEN 'alarm_event'::regclass THEN 'controller IN (SELECT unnest((SELECT kidoban.current_controllers())))'
             ELSE 'log IN (SELECT unnest((SELECT kidoban.current_logs())))' END);
  END LOOP;
END $$;

-- Policies are for one command each: one for ALL would be asked by every SELECT as well.

-- Change sets: their number and time go with every object; the rest is change history, which another right governs.
CREATE POLICY web_read ON change_set FOR SELECT TO kidoban_web USING ((SELECT kidoban.current_operator()) IS NOT NULL);

-- Names of the holders of cards that passed: shown with events in scope even when the person is not (DESIGN 6).
CREATE POLICY history_read ON cred FOR SELECT TO kidoban_history USING ((SELECT kidoban.may_view('history')));
CREATE POLICY history_read ON dept FOR SELECT TO kidoban_history USING ((SELECT kidoban.may_view('history')));
CREATE POLICY history_read ON event_log FOR SELECT TO kidoban_history
  USING (controller_id IN (SELECT unnest((SELECT kidoban.controllers_for('history')))));

-- Organisation
CREATE POLICY web_read ON management_group FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates', 'history', 'management_groups'))
         OR id IN (SELECT unnest((SELECT kidoban.groups_for('gates', 'history', 'management_groups')))));
CREATE POLICY web_insert ON management_group FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('management_groups'))
              AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_scope())))));
CREATE POLICY web_update ON management_group FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('management_groups')) AND id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))))
  WITH CHECK ((SELECT kidoban.may_edit('management_groups'))
              AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_scope())))));
CREATE POLICY web_delete ON management_group FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('management_groups')) AND id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))));
CREATE POLICY web_read ON management_group_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_scope())))));
CREATE POLICY web_read ON department FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_departments('departments', 'cardholders', 'history'))
         OR id IN (SELECT unnest((SELECT kidoban.departments_for('departments', 'cardholders', 'history')))));
CREATE POLICY web_insert ON department FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('departments'))
              AND ((SELECT kidoban.sees_all_departments())
                   OR parent_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_update ON department FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('departments')) AND id IN (SELECT unnest((SELECT kidoban.current_department_scope()))))
  WITH CHECK ((SELECT kidoban.may_edit('departments'))
              AND ((SELECT kidoban.sees_all_departments())
                   OR parent_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_delete ON department FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('departments')) AND id IN (SELECT unnest((SELECT kidoban.current_department_scope()))));
CREATE POLICY web_read ON department_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_departments()) OR id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));

-- Gates. Adding and deleting needs system administration besides (G-1). The program that lists them needs the right to them; others
-- show their names in what the right to history (or to management groups) lets see.
CREATE POLICY gates_read ON gate AS RESTRICTIVE FOR SELECT TO kidoban_gates USING ((SELECT kidoban.may_view('gates')));
CREATE POLICY web_read ON gate FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates', 'history'))
         OR management_group_id IN (SELECT unnest((SELECT kidoban.groups_for('gates', 'history')))));
CREATE POLICY web_update ON gate FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND management_group_id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))))
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND management_group_id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))));
CREATE POLICY web_insert ON gate FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
              AND management_group_id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))));
CREATE POLICY web_delete ON gate FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
         AND management_group_id IN (SELECT unnest((SELECT kidoban.current_gate_scope()))));
CREATE POLICY web_read ON gate_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gates())))));
CREATE POLICY gates_read ON controller AS RESTRICTIVE FOR SELECT TO kidoban_gates USING ((SELECT kidoban.may_view('gates')));
CREATE POLICY web_read ON controller FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates', 'history')) OR id IN (SELECT unnest((SELECT kidoban.controllers_for('gates', 'history')))));
CREATE POLICY web_insert ON controller FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
              AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_controllers())))));
CREATE POLICY web_update ON controller FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
         AND id IN (SELECT unnest((SELECT kidoban.current_controllers()))))
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
              AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_controllers())))));
CREATE POLICY web_delete ON controller FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND (SELECT kidoban.may_edit('system_administration'))
         AND id IN (SELECT unnest((SELECT kidoban.current_controllers()))));
CREATE POLICY web_read ON controller_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history')) AND (SELECT kidoban.sees_all_gates()));

-- A gate group is seen with any gate of it (or none in it), changed only with all of them.
CREATE POLICY web_read ON gate_group FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('gates', 'cardholders'))
         AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_groups(false))))));
CREATE POLICY web_insert ON gate_group FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('gates')));
CREATE POLICY web_update ON gate_group FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates'))
         AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))))
  WITH CHECK ((SELECT kidoban.may_edit('gates')));
CREATE POLICY web_delete ON gate_group FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates'))
         AND ((SELECT kidoban.sees_all_gates()) OR id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_read ON gate_group_member FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates', 'cardholders')) OR gate_id IN (SELECT unnest((SELECT kidoban.gates_for('gates', 'cardholders')))));
CREATE POLICY web_insert ON gate_group_member FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              AND ((SELECT kidoban.sees_all_gates()) OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_update ON gate_group_member FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))))
  WITH CHECK ((SELECT kidoban.may_edit('gates')) AND gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              AND ((SELECT kidoban.sees_all_gates()) OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_delete ON gate_group_member FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('gates')) AND gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_read ON gate_group_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history')) AND (SELECT kidoban.sees_all_gates()));
CREATE POLICY web_read ON gate_group_member_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history')) AND gate_id IN (SELECT unnest((SELECT kidoban.current_gates()))));

-- Cardholders by department; cards and permits go with their holder. Granting needs the gates in scope as well (C-6).
CREATE POLICY web_read ON cardholder FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_departments('cardholders'))
         OR department_id IN (SELECT unnest((SELECT kidoban.departments_for('cardholders')))));
CREATE POLICY web_insert ON cardholder FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR department_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_update ON cardholder FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR department_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))))
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR department_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_delete ON cardholder FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR department_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_read ON cardholder_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_departments()) OR department_id IN (SELECT unnest((SELECT kidoban.current_department_scope())))));
CREATE POLICY web_read ON credential FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_insert ON credential FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_update ON credential FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)))
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_delete ON credential FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_read ON credential_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_read ON permit FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));
CREATE POLICY web_insert ON permit FOR INSERT TO kidoban_web
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_update ON permit FOR UPDATE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))))
  WITH CHECK ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_delete ON permit FOR DELETE TO kidoban_web
  USING ((SELECT kidoban.may_edit('cardholders'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id))
         AND ((SELECT kidoban.sees_all_gates()) OR gate_id IN (SELECT unnest((SELECT kidoban.current_gates())))
              OR gate_group_id IN (SELECT unnest((SELECT kidoban.current_gate_groups(true))))));
CREATE POLICY web_read ON permit_past FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('change_history'))
         AND ((SELECT kidoban.sees_all_departments()) OR EXISTS (SELECT FROM cardholder c WHERE c.id = cardholder_id)));

-- Live state goes with its gate; a controller's with any gate of it.
CREATE POLICY web_read ON gate_state FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates')) OR gate_id IN (SELECT unnest((SELECT kidoban.gates_for('gates')))));
CREATE POLICY web_read ON controller_state FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates')) OR controller_id IN (SELECT unnest((SELECT kidoban.controllers_for('gates')))));
CREATE POLICY web_read ON uhppote_board FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates')) OR controller_id IN (SELECT unnest((SELECT kidoban.controllers_for('gates')))));
CREATE POLICY web_read ON controller_stream FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates')) OR controller_id IN (SELECT unnest((SELECT kidoban.controllers_for('gates')))));
CREATE POLICY web_read ON alarm FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('history')) OR gate_id IN (SELECT unnest((SELECT kidoban.gates_for('history'))))
         OR (gate_id IS NULL AND controller_id IN (SELECT unnest((SELECT kidoban.controllers_for('history'))))));
CREATE POLICY web_read ON command FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.views_all_gates('gates')) OR gate_id IN (SELECT unnest((SELECT kidoban.gates_for('gates')))));
CREATE POLICY web_read ON command_request FOR SELECT TO kidoban_web
  USING ((SELECT kidoban.may_view('gates')) AND EXISTS (SELECT FROM command c WHERE c.request_id = command_request.id));

-- Operators: everybody's name, for "who did it"; the rest by column grants and the operators right. Own searches only.
CREATE POLICY web_read ON operator FOR SELECT TO kidoban_web USING ((SELECT kidoban.current_operator()) IS NOT NULL);
CREATE POLICY web_own ON saved_search TO kidoban_web
  USING (operator_id = (SELECT kidoban.current_operator())) WITH CHECK (operator_id = (SELECT kidoban.current_operator()));
