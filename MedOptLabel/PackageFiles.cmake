# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.

set(MedOptLabel_SCRIPTS
  MedOptLabel.py
  MedOptLabelLib/__init__.py
  MedOptLabelLib/case_list.py
  MedOptLabelLib/case_scene.py
  MedOptLabelLib/case_table.py
  MedOptLabelLib/clock.py
  MedOptLabelLib/embedded_editor.py
  MedOptLabelLib/findings.py
  MedOptLabelLib/import_form.py
  MedOptLabelLib/self_test.py
  MedOptLabelLib/session.py
  )

set(MedOptLabel_RESOURCES
  Resources/Icons/MedOptLabel.png
  Resources/UI/MedOptLabel.ui
  )
