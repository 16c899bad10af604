# Written by CMake/list_package_files.py; run it again after adding, moving or removing a file.

set(MedOptTrain_SCRIPTS
  MedOptTrain.py
  MedOptTrainLib/__init__.py
  MedOptTrainLib/augment_preview.py
  MedOptTrainLib/augment_section.py
  MedOptTrainLib/augment_widget.py
  MedOptTrainLib/balance_section.py
  MedOptTrainLib/captions.py
  MedOptTrainLib/curves.py
  MedOptTrainLib/display_range.py
  MedOptTrainLib/form_widget.py
  MedOptTrainLib/preprocess_preview.py
  MedOptTrainLib/preprocess_section.py
  MedOptTrainLib/preprocess_widget.py
  MedOptTrainLib/preview_case.py
  MedOptTrainLib/preview_stage.py
  MedOptTrainLib/previews.py
  MedOptTrainLib/recipe_form.py
  MedOptTrainLib/recipe_part.py
  MedOptTrainLib/recipe_rows.py
  MedOptTrainLib/refiner.py
  MedOptTrainLib/runs.py
  MedOptTrainLib/self_test.py
  MedOptTrainLib/settings_form.py
  MedOptTrainLib/trainer.py
  MedOptTrainLib/variants.py
  )

set(MedOptTrain_RESOURCES
  Resources/Icons/MedOptTrain.png
  Resources/UI/MedOptTrain.ui
  )
