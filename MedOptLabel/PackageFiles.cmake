# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.

set(MedOptLabel_SCRIPTS
  MedOptLabel.py
  MedOptLabelLib/__init__.py
  MedOptLabelLib/box_editor.py
  MedOptLabelLib/box_placer.py
  MedOptLabelLib/box_widget.py
  MedOptLabelLib/case_list.py
  MedOptLabelLib/case_table.py
  MedOptLabelLib/cases_widget.py
  MedOptLabelLib/class_editor.py
  MedOptLabelLib/class_widget.py
  MedOptLabelLib/clock.py
  MedOptLabelLib/collect_widget.py
  MedOptLabelLib/editors.py
  MedOptLabelLib/embedded_editor.py
  MedOptLabelLib/findings.py
  MedOptLabelLib/import_form.py
  MedOptLabelLib/keys.py
  MedOptLabelLib/label_widget.py
  MedOptLabelLib/lease_keeper.py
  MedOptLabelLib/next_choice.py
  MedOptLabelLib/open_case.py
  MedOptLabelLib/self_test.py
  MedOptLabelLib/session.py
  MedOptLabelLib/session_texts.py
  MedOptLabelLib/task_editor.py
  MedOptLabelLib/undo_counter.py
  MedOptLabelLib/voxel_editor.py
  )

set(MedOptLabel_RESOURCES
  Resources/Icons/MedOptLabel.png
  Resources/UI/MedOptLabel.ui
  )
