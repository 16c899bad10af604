# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.

set(MedOptValidate_SCRIPTS
  MedOptValidate.py
  MedOptValidateLib/__init__.py
  MedOptValidateLib/compress_branches.py
  MedOptValidateLib/compress_engines.py
  MedOptValidateLib/compress_lists.py
  MedOptValidateLib/compress_plan.py
  MedOptValidateLib/compress_section.py
  MedOptValidateLib/compress_self_test.py
  MedOptValidateLib/compress_view.py
  MedOptValidateLib/compress_widget.py
  MedOptValidateLib/compress_words.py
  MedOptValidateLib/explain_presenter.py
  MedOptValidateLib/explain_self_test.py
  MedOptValidateLib/explain_widget.py
  MedOptValidateLib/fit_text.py
  MedOptValidateLib/measured_models.py
  MedOptValidateLib/model_report.py
  MedOptValidateLib/model_runner.py
  MedOptValidateLib/result_plots.py
  MedOptValidateLib/result_scene.py
  MedOptValidateLib/result_tables.py
  MedOptValidateLib/results_widget.py
  MedOptValidateLib/self_test.py
  MedOptValidateLib/validator.py
  )

set(MedOptValidate_RESOURCES
  Resources/Icons/MedOptValidate.png
  Resources/UI/MedOptValidate.ui
  )
